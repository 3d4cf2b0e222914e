package limits_test

import (
	"context"
	"fmt"
	"os"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/limits"
	"github.com/wavespeed-temporal/wavespeed-temporal/worker"
)

// Submits of this worker wait for a slot of their account.
func Example() {
	plugin, err := worker.NewPlugin(worker.Options{
		APIKey: os.Getenv("WAVESPEED_API_KEY"),
		Limits: limits.Limits{Running: 300, ImagesPerMinute: 500, VideosPerMinute: 500},
	})
	if err != nil {
		panic(err)
	}
	c, err := client.Dial(client.Options{Plugins: []client.Plugin{plugin}})
	if err != nil {
		panic(err)
	}
	defer c.Close()
}

func ExampleParse() {
	for _, text := range []string{"bronze", "running=2, images=5", "running=0", "off", "images=0"} {
		l, err := limits.Parse(text)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(l)
	}
	// Output:
	// running=2, images=2, videos=2
	// running=2, images=5
	// running=0
	// off
	// limits: images: must be at least 1; leave it out for no limit, and pause with running=0
}

// An account is paused while somebody looks at what it does, and continues with the limits that
// its workers are given.
func ExampleSet() {
	ctx := context.Background()
	c, err := client.Dial(client.Options{})
	if err != nil {
		panic(err)
	}
	defer c.Close()

	if err := limits.Set(ctx, c, "team-a", limits.Limits{Paused: true}); err != nil {
		panic(err)
	}
	usage, err := limits.Show(ctx, c, "team-a")
	if err != nil {
		panic(err)
	}
	fmt.Println(usage.Running, "running,", usage.Waiting, "waiting")
	for _, run := range usage.Runs {
		fmt.Println(run.WorkflowID, "is number", run.Line, "in line, for about", run.Wait)
	}
	if err := limits.Reset(ctx, c, "team-a"); err != nil {
		panic(err)
	}
}

// The runs of a tenant take turns as one, with twice the share of another tenant. A run of
// priority 1 comes before all others.
func Example_fairness() {
	ctx := context.Background()
	c, err := client.Dial(client.Options{})
	if err != nil {
		panic(err)
	}
	defer c.Close()

	request := generation.Request{Model: "wavespeed-ai/flux-dev", Input: map[string]any{"prompt": "a lighthouse in a storm"}}
	_, err = c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		TaskQueue: "media",
		Priority:  temporal.Priority{PriorityKey: 3, FairnessKey: "tenant-a", FairnessWeight: 2},
	}, generation.WorkflowName, request)
	if err != nil {
		panic(err)
	}
}
