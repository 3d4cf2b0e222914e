package workflows

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/written"
)

// Requested is [Generate] as the workflow [generation.WorkflowName], which anybody may start.
// An undecodable request fails with [generation.ErrorTypeInvalidInput].
func Requested(ctx workflow.Context, argument written.Argument[generation.Request]) (generation.Result, error) {
	request, err := argument.Take()
	if err != nil {
		return generation.Result{}, temporal.NewNonRetryableApplicationError("generation request: "+err.Error()+"; nothing was submitted", string(generation.ErrorTypeInvalidInput), nil)
	}
	return Generate(ctx, request)
}
