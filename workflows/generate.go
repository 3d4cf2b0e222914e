package workflows

import (
	"encoding/json"
	"fmt"
	"time"

	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/input"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/kernel"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/record"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// Generate runs one generation to completion.
//
// It fails with a *temporal.ApplicationError of one of the types in package generation, whose
// first detail is the generation's [generation.Status]. If ctx is canceled, it fails with a
// *temporal.CanceledError with the same detail. The provider cannot stop a prediction, so an
// accepted one continues and is billed.
func Generate(ctx workflow.Context, request generation.Request) (generation.Result, error) {
	run, err := begin(ctx, request)
	if err != nil {
		return generation.Result{}, err
	}
	if run.earlier != nil && record.HasResult(*run.earlier) {
		return run.keep(ctx), nil
	}
	count(ctx, wire.MetricStarted, nil)
	result, err := run.run(ctx)
	run.measure(ctx, err)
	return result, err
}

// run is one generation in progress.
type run struct {
	request  generation.Request
	input    json.RawMessage
	deadline time.Time
	board    *board
	status   *generation.Status
	attempts []*attempt
	mail     *mail
	logger   log.Logger
	budget   *kernel.Budget     // nil without one
	price    generation.USD     // of a submit that the budget did not cover, in USD
	earlier  *generation.Status // from an earlier run; nil for none
	slot     *slot              // of the account's limits; nil without one
	drought  *drought           // in which it waits, or checks whether it is over; nil without one
}

func begin(ctx workflow.Context, request generation.Request) (*run, error) {
	board := boardOf(ctx)
	request = wire.WithDefaults(request)
	if err := request.Validate(); err != nil {
		return nil, invalid(request, err)
	}
	input, err := input.Encode(request.Input)
	if err != nil {
		return nil, invalid(request, err)
	}
	status, err := board.add(ctx, request)
	if err != nil {
		return nil, invalid(request, err)
	}
	if status.Fingerprint, err = wire.Fingerprint(request); err != nil {
		return nil, invalid(request, err)
	}
	r := &run{
		request:  request,
		input:    input,
		deadline: workflow.Now(ctx).Add(request.Timeout),
		board:    board,
		status:   status,
		logger:   log.With(workflow.GetLogger(ctx), "key", request.Key, "model", request.Model),
		budget:   kernel.BudgetOf(ctx),
		earlier:  takeEarlier(ctx, request.Key, status.Fingerprint),
	}
	r.mail = board.newMail(ctx, r)
	return r, nil
}

func invalid(request generation.Request, err error) error {
	return temporal.NewNonRetryableApplicationError(fmt.Sprintf("generation %q: %v", request.Key, err), string(generation.ErrorTypeInvalidInput), nil)
}

func (r *run) run(ctx workflow.Context) (generation.Result, error) {
	for {
		a := r.newAttempt(ctx)
		err := r.accept(ctx, a)
		if err == nil {
			err = r.await(ctx, a)
		}
		r.returnSlot(ctx, a)
		switch {
		case err == nil && a.outcome.Completed():
			return r.complete(ctx, a), nil
		case err == nil:
			err = r.fail(ctx, a, a.outcome.ErrorType(), a.outcome.Reason())
		}
		if !r.mayTryAgain(ctx, a) {
			return generation.Result{}, err
		}
		if a.State == generation.StateFailed {
			if err := r.pause(ctx, a); err != nil {
				return generation.Result{}, err
			}
		}
	}
}

// accept obtains a prediction for the attempt, or an error.
func (r *run) accept(ctx workflow.Context, a *attempt) error {
	if r.request.Adopt != "" && a.Number == 1 {
		r.holdSlot(ctx, r.request.Adopt)
		r.setPrediction(ctx, a, r.request.Adopt)
		return nil
	}
	if resumed, err := r.resume(ctx, a); resumed {
		return err
	}
	unknown, err := r.submit(ctx, a)
	r.leaveDrought(ctx, err == nil && unknown == "")
	if err != nil {
		return err
	}
	if unknown != "" {
		r.slotUsed(ctx, "")
		return r.resolve(ctx, a, unknown)
	}
	return nil
}

// mayTryAgain reports whether another submit is allowed after this attempt. An unknown submit
// counts as a prediction, because it may be one; the resubmit policy allows one more.
func (r *run) mayTryAgain(ctx workflow.Context, a *attempt) bool {
	if ctx.Err() != nil || r.remaining(ctx) <= 0 {
		return false
	}
	switch a.State {
	case generation.StateAbsent:
		return a.retry
	case generation.StateUnknown:
		return r.request.OnUnknown == generation.ResubmitUnknown && r.spent() <= r.request.MaxPredictions
	case generation.StateFailed:
		return a.outcome != nil && a.outcome.Retryable() && r.spent() < r.request.MaxPredictions
	default:
		return false
	}
}

// spent counts the predictions that were, or may have been, accepted.
func (r *run) spent() int {
	n := 0
	for _, a := range r.attempts {
		if a.State != generation.StateAbsent {
			n++
		}
	}
	return n
}

func (r *run) pause(ctx workflow.Context, a *attempt) error {
	timer := workflow.NewTimerWithOptions(ctx, r.request.Timing.Resubmit, workflow.TimerOptions{
		Summary: r.summary("attempt %d failed; submitting again when this timer fires", a.Number),
	})
	if timer.Get(ctx, nil) != nil {
		return r.cancel(ctx, a)
	}
	return nil
}

func (r *run) remaining(ctx workflow.Context) time.Duration {
	return r.deadline.Sub(workflow.Now(ctx))
}
