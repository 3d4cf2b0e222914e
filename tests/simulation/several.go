package simulation

import (
	"errors"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

const (
	modelA = "m/one"
	modelB = "m/two"

	severalName  = "simulation.Several"
	continueName = "continue"
)

// severalInput asks for generations at once, some of which an earlier run may have.
type severalInput struct {
	Requests []generation.Request
	Earlier  []generation.Status
}

// made is what one of them came to.
type made struct {
	Key       string
	Result    generation.Result
	ErrorType generation.ErrorType
	Message   string
}

type severalResult struct {
	Made     []made
	Statuses []generation.Status
}

// several is a user's workflow. On the signal it continues as new, whatever is under way.
func several(ctx workflow.Context, in severalInput) (severalResult, error) {
	generating := workflows.WithEarlier(ctx, in.Earlier...)
	results := make([]made, len(in.Requests))
	left := len(in.Requests)
	for i, request := range in.Requests {
		workflow.Go(generating, func(ctx workflow.Context) {
			result, err := workflows.Generate(ctx, request)
			results[i] = outcomeOf(request.Key, result, err)
			left--
		})
	}
	again := workflow.GetSignalChannel(ctx, continueName)
	err := workflow.Await(ctx, func() bool { return left == 0 || again.Len() > 0 })
	switch {
	case left == 0:
		return severalResult{results, workflows.Statuses(ctx)}, nil
	case err != nil: // canceled: the generations end by themselves
		waiting, _ := workflow.NewDisconnectedContext(ctx)
		_ = workflow.Await(waiting, func() bool { return left == 0 })
		return severalResult{}, err
	default:
		return severalResult{}, workflow.NewContinueAsNewError(ctx, severalName, severalInput{in.Requests, workflows.Statuses(ctx)})
	}
}

func outcomeOf(key string, result generation.Result, err error) made {
	m := made{Key: key, Result: result}
	if err == nil {
		return m
	}
	m.Message, m.ErrorType = err.Error(), "unknown"
	var failure *temporal.ApplicationError
	var canceled *temporal.CanceledError
	switch {
	case errors.As(err, &failure):
		m.ErrorType = generation.ErrorType(failure.Type())
	case errors.As(err, &canceled):
		m.ErrorType = "canceled"
	}
	return m
}
