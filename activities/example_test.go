package activities_test

import (
	"os"
	"time"

	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"

	"github.com/wavespeed-temporal/wavespeed-temporal/worker"
)

// A worker that runs the activities alone, where the API key and the way to the provider are.
// Workers without either run the workflows, on the same task queue.
func Example() {
	run := func(c client.Client) error {
		plugin, err := worker.NewPlugin(worker.Options{APIKey: os.Getenv("WAVESPEED_API_KEY")})
		if err != nil {
			return err
		}
		w := sdkworker.New(c, "media", sdkworker.Options{
			Plugins:               []sdkworker.Plugin{plugin},
			DisableWorkflowWorker: true,
			WorkerStopTimeout:     70 * time.Second,
		})
		return w.Run(sdkworker.InterruptCh())
	}
	_ = run
}
