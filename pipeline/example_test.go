package pipeline_test

import (
	"context"

	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// A client of any kind starts a run by the workflow's name.
func Example() {
	start := func(ctx context.Context, c client.Client, options client.StartWorkflowOptions, definition pipeline.Definition) error {
		run, err := c.ExecuteWorkflow(ctx, options, pipeline.WorkflowName, pipeline.Request{
			Pipeline: definition,
			Inputs:   map[string]any{"scene": "a lighthouse in a storm"},
		})
		if err != nil {
			return err
		}
		var result pipeline.Result
		return run.Get(ctx, &result)
	}
	_ = start
}
