package engine

import (
	"errors"

	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/strict"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/written"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// Registry is implemented by workers, a plugin's registry and test environments.
type Registry interface {
	RegisterWorkflowWithOptions(any, workflow.RegisterOptions)
}

// Register registers the workflows of this package with a worker. The plugin of package worker
// calls it.
func Register(registry Registry, options workflow.RegisterOptions) {
	options.Name = pipeline.WorkflowName
	registry.RegisterWorkflowWithOptions(started, options)
	options.Name = runwire.ItemsName
	registry.RegisterWorkflowWithOptions(handed, options)
}

// started is [Pipeline] with an argument that anybody may have written.
func started(ctx workflow.Context, argument written.Argument[pipeline.Request]) (pipeline.Result, error) {
	in, err := argument.Take()
	if err != nil {
		return pipeline.Result{}, undecodable(err)
	}
	return Pipeline(ctx, in, argument.Bytes())
}

// undecodable is the error of a run with an undecodable argument.
func undecodable(err error) error {
	problem := pipeline.Problem{Message: err.Error()}
	var wrong *strict.Error
	if errors.As(err, &wrong) {
		problem = pipeline.Problem{Path: wrong.Path, Message: wrong.Message}
	}
	return refused(pipeline.Request{}, pipeline.Problems{problem})
}

// handed is [Items] with the argument that a run passes to its child.
func handed(ctx workflow.Context, argument written.Exchanged[Chunk]) (ChunkResult, error) {
	return Items(ctx, argument.Take())
}
