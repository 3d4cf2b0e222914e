package engine

import (
	"errors"

	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/strict"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/written"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// Registry is what a worker, a plugin's registry and a test environment have in common.
type Registry interface {
	RegisterWorkflowWithOptions(any, workflow.RegisterOptions)
}

// Register makes the workflows of this package known to a worker under their names. The
// plugin of package worker does so.
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

// undecodable is the error of a run whose argument can't be decoded.
func undecodable(err error) error {
	problem := pipeline.Problem{Message: err.Error()}
	var wrong *strict.Error
	if errors.As(err, &wrong) {
		problem = pipeline.Problem{Path: wrong.Path, Message: wrong.Message}
	}
	return refused(pipeline.Request{}, pipeline.Problems{problem})
}

// handed is [Items] with what a run hands out.
func handed(ctx workflow.Context, argument written.Exchanged[Chunk]) (ChunkResult, error) {
	return Items(ctx, argument.Take())
}
