package worker_test

import (
	"net/http"
	"os"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/worker"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

// Clip is a user's workflow.
func Clip(ctx workflow.Context, prompt string) (string, error) {
	still, err := workflows.Generate(ctx, generation.Request{
		Key:   "still",
		Model: "wavespeed-ai/flux-dev",
		Input: map[string]any{"prompt": prompt},
	})
	return still.URL(0), err
}

// A worker and a webhook handler in one process.
func Example() {
	run := func() error {
		plugin, err := worker.NewPlugin(worker.Options{
			APIKey:     os.Getenv("WAVESPEED_API_KEY"),
			WebhookURL: "https://media.example.com/webhooks/wavespeed",
		})
		if err != nil {
			return err
		}
		c, err := client.Dial(client.Options{Plugins: []client.Plugin{plugin}})
		if err != nil {
			return err
		}
		defer c.Close()
		w := sdkworker.New(c, "media", sdkworker.Options{WorkerStopTimeout: 70 * time.Second})
		w.RegisterWorkflow(Clip)

		http.Handle("/webhooks/wavespeed/", plugin.Handler(c))
		go func() { _ = http.ListenAndServe(":8080", nil) }()
		return w.Run(sdkworker.InterruptCh())
	}
	_ = run
}

// The plugin on a worker whose client must not have it.
func ExampleNewPlugin() {
	run := func(c client.Client) error {
		plugin, err := worker.NewPlugin(worker.Options{APIKey: os.Getenv("WAVESPEED_API_KEY")})
		if err != nil {
			return err
		}
		w := sdkworker.New(c, "media", sdkworker.Options{Plugins: []sdkworker.Plugin{plugin}})
		w.RegisterWorkflow(Clip)
		return w.Run(sdkworker.InterruptCh())
	}
	_ = run
}

// A process that only receives webhooks.
func ExamplePlugin_Handler() {
	run := func(c client.Client) error {
		plugin, err := worker.NewPlugin(worker.Options{
			NoActivities:   true,
			WebhookSecrets: []string{os.Getenv("WAVESPEED_WEBHOOK_SECRET")},
		})
		if err != nil {
			return err
		}
		mux := http.NewServeMux()
		mux.Handle("/webhooks/wavespeed/", plugin.Handler(c))
		return http.ListenAndServe(":8080", mux)
	}
	_ = run
}

// Temporal stores nothing in clear: worker and handler have the client's codec.
func Example_encryption() {
	dial := func(plugin *worker.Plugin, codec converter.PayloadCodec) (client.Client, error) {
		encoding := converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), codec)
		c, err := client.Dial(client.Options{
			Plugins:       []client.Plugin{plugin},
			DataConverter: encoding,
			FailureConverter: temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
				DataConverter: encoding, EncodeCommonAttributes: true,
			}),
		})
		return c, err
	}
	_ = dial
}
