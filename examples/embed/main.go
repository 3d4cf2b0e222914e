// Command embed is the smallest program with everything in it: a worker that runs
// the workflow of examples/clip, and a server that receives its webhooks. In
// production they are mostly two programs.
//
// It needs a Temporal server (TEMPORAL_ADDRESS), WAVESPEED_API_KEY, and
// WEBHOOK_PUBLIC_URL, an https address that leads to WEBHOOK_LISTEN, which is port 8080
// of this machine unless set.
package main

import (
	"cmp"
	"log"
	"net/http"
	"os"
	"time"

	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"

	"github.com/wavespeed-temporal/wavespeed-temporal/examples/clip"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook/signaler"
	"github.com/wavespeed-temporal/wavespeed-temporal/worker"
)

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	c, err := client.Dial(client.Options{HostPort: os.Getenv("TEMPORAL_ADDRESS")})
	if err != nil {
		return err
	}
	defer c.Close()

	go func() { log.Fatal(serveWebhooks(c)) }()

	return runWorker(c)
}

func runWorker(c client.Client) error {
	plugin, err := worker.NewPlugin(worker.Options{
		APIKey:     os.Getenv("WAVESPEED_API_KEY"),
		BaseURL:    os.Getenv("WAVESPEED_BASE_URL"),
		WebhookURL: os.Getenv("WEBHOOK_PUBLIC_URL"),
	})
	if err != nil {
		return err
	}
	w := sdkworker.New(c, "media", sdkworker.Options{
		Plugins:           []sdkworker.Plugin{plugin},
		WorkerStopTimeout: time.Minute,
	})
	w.RegisterWorkflow(clip.Clip)
	return w.Run(sdkworker.InterruptCh())
}

func serveWebhooks(c client.Client) error {
	provider, err := wavespeed.New(wavespeed.Options{
		APIKey:  os.Getenv("WAVESPEED_API_KEY"),
		BaseURL: os.Getenv("WAVESPEED_BASE_URL"),
	})
	if err != nil {
		return err
	}
	keyring, err := webhook.NewKeyring(map[string]webhook.Account{"default": {Fetch: provider.WebhookSecret}})
	if err != nil {
		return err
	}
	signals, err := signaler.New(signaler.Options{Client: c, Namespace: "default"})
	if err != nil {
		return err
	}
	handler, err := webhook.NewHandler(webhook.Options{Keyring: keyring, Signaler: signals})
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("POST /webhooks/wavespeed/{address}", handler)
	server := &http.Server{
		Addr: cmp.Or(os.Getenv("WEBHOOK_LISTEN"), ":8080"), Handler: mux,
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, IdleTimeout: 10 * time.Second,
	}
	return server.ListenAndServe()
}
