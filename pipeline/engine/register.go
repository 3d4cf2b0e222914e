package engine

import (
	"go.temporal.io/sdk/workflow"

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
	registry.RegisterWorkflowWithOptions(Pipeline, options)
	options.Name = pipeline.ItemsName
	registry.RegisterWorkflowWithOptions(Items, options)
}
