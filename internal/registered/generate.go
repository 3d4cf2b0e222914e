// Package registered has the workflows that every worker runs for generations.
package registered

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/written"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

// Generate is [workflows.Generate] as the workflow [generation.WorkflowName], which anybody may start.
// An undecodable request fails with [generation.ErrorTypeInvalidInput].
func Generate(ctx workflow.Context, argument written.Argument[generation.Request]) (generation.Result, error) {
	request, err := argument.Take()
	if err != nil {
		return generation.Result{}, temporal.NewNonRetryableApplicationError("generation request: "+err.Error()+"; nothing was submitted", string(generation.ErrorTypeInvalidInput), nil)
	}
	return workflows.Generate(ctx, request)
}
