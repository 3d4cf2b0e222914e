// Command embed is the smallest complete program: a worker that runs the workflow of
// examples/clip, and a server that receives its webhooks. In production they are usually
// two programs.
//
// It needs a Temporal server (TEMPORAL_ADDRESS), WAVESPEED_API_KEY, and WEBHOOK_PUBLIC_URL:
// an https address that forwards to WEBHOOK_LISTEN, port 8080 of this machine by default.
package main

import (
	"cmp"
	"context"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"

	"github.com/wavespeed-temporal/wavespeed-temporal/examples/clip"
	"github.com/wavespeed-temporal/wavespeed-temporal/worker"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		log.Fatal(err)
	}
}

// run stops what it started in the reverse order. The server goes first: it answers the
// deliveries that have arrived, and the provider sends later ones to another replica, or
// again. Then the worker finishes its activities, so that no submit is cut off before its
// answer is recorded. Both need the client, so it closes last.
func run(ctx context.Context) error {
	plugin, err := worker.NewPlugin(worker.Options{
		APIKey:     os.Getenv("WAVESPEED_API_KEY"),
		BaseURL:    os.Getenv("WAVESPEED_BASE_URL"),
		WebhookURL: os.Getenv("WEBHOOK_PUBLIC_URL"),
	})
	if err != nil {
		return err
	}
	c, err := client.DialContext(ctx, client.Options{
		HostPort: os.Getenv("TEMPORAL_ADDRESS"),
		Plugins:  []client.Plugin{plugin},
	})
	if err != nil {
		return err
	}
	defer c.Close()

	w := sdkworker.New(c, "media", sdkworker.Options{WorkerStopTimeout: 70 * time.Second})
	w.RegisterWorkflow(clip.Clip)
	if err := w.Start(); err != nil {
		return err
	}
	defer w.Stop()

	mux := http.NewServeMux()
	mux.Handle("/webhooks/wavespeed/", plugin.Handler(c))
	return serve(ctx, &http.Server{
		Addr: cmp.Or(os.Getenv("WEBHOOK_LISTEN"), ":8080"), Handler: mux,
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, IdleTimeout: 10 * time.Second,
	})
}

// serve returns when the server fails, or after ctx is done and the requests in flight are
// answered.
func serve(ctx context.Context, server *http.Server) error {
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return server.Shutdown(ctx)
}
