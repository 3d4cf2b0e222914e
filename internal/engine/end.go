package engine

import (
	"errors"
	"fmt"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// maxResultBytes keeps a result below Temporal's limit of 2 MiB.
const maxResultBytes = 1_200_000

// end returns the run's result, or its error with all details.
func (r *run) end(ctx workflow.Context, err error) (pipeline.Result, error) {
	if err == nil {
		err = r.setOutputs()
	}
	r.ended = workflow.Now(ctx)
	var failure *temporal.ApplicationError
	var canceled *temporal.CanceledError
	switch {
	case err == nil:
		r.state = pipeline.StateCompleted
	case errors.As(err, &canceled):
		r.state = pipeline.StateCanceled
		err = temporal.NewCanceledError(r.bounded(ctx))
	case errors.As(err, &failure):
		r.state, r.reason = pipeline.StateFailed, failure.Message()
		err = r.failed(ctx, failure)
	default:
		r.state, r.reason = pipeline.StateFailed, err.Error()
		err = r.failed(ctx, temporal.NewApplicationError(err.Error(), string(generation.ErrorTypeUnavailable)).(*temporal.ApplicationError))
	}
	r.tell(ctx)
	r.show(ctx)
	if err != nil {
		return pipeline.Result{}, err
	}
	status := r.bounded(ctx)
	return pipeline.Result{Outputs: r.outputs, Omitted: r.omitted, Cost: status.Cost, Steps: status.Steps}, nil
}

// failed adds the run's status to the error. The findings of a check stay in it.
func (r *run) failed(ctx workflow.Context, failure *temporal.ApplicationError) error {
	var problems pipeline.Problems
	details := []any{r.bounded(ctx)}
	if failure.HasDetails() && failure.Details(&problems) == nil && len(problems) > 0 {
		details = []any{problems}
	}
	return temporal.NewApplicationErrorWithOptions(failure.Message(), failure.Type(), temporal.ApplicationErrorOptions{
		NonRetryable: true, Details: details,
	})
}

// setOutputs evaluates the run's outputs. References to a step that did not complete are null.
func (r *run) setOutputs() error {
	outputs := make(map[string]any)
	known := func(ref plan.Reference) bool {
		return ref.Root != plan.RootSteps || ref.Field == plan.FieldState || ref.Field == plan.FieldError ||
			r.step(ref.Name).state == pipeline.StateCompleted
	}
	for _, output := range r.plan.Outputs {
		value, err := output.Value.Preview(r.values(output.Value.References()), known)
		if err != nil {
			return temporal.NewNonRetryableApplicationError(fmt.Sprintf(
				"pipeline %s: outputs.%s: %v; every step has ended, and its results are kept: rerun with a pipeline that mends this",
				r.in.Pipeline.Name, output.Name, err), string(generation.ErrorTypeInvalidInput), nil)
		}
		outputs[output.Name] = withoutUnknown(value)
	}
	if len(r.plan.Outputs) == 0 {
		for _, s := range r.steps {
			field := plan.FieldOutput
			if s.Kind() == plan.KindForEach {
				field = plan.FieldOutputs
			}
			if s.state == pipeline.StateCompleted {
				values := make(map[string]any)
				s.addValue(values, field)
				outputs[s.ID] = values[field]
			}
		}
	}
	if userBytes(outputs) > maxResultBytes {
		r.omitted = true
		return nil
	}
	r.outputs = outputs
	return nil
}

func withoutUnknown(value any) any {
	switch value := value.(type) {
	case plan.Unknown:
		return nil
	case []any:
		for i, member := range value {
			value[i] = withoutUnknown(member)
		}
	case map[string]any:
		for _, name := range workflow.DeterministicKeys(value) {
			value[name] = withoutUnknown(value[name])
		}
	}
	return value
}
