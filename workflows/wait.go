package workflows

import (
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

const (
	// A failing activity returns after this many attempts at first, later after several times
	// as many. People then see why a generation is waiting, at little cost.
	firstPatience = 5
	morePatience  = 4
	mostPatience  = 5000

	// clockSlack is the maximum difference between a worker's clock and Temporal's. The SDK
	// ends an activity by the worker's clock; the activity ends itself by Temporal's.
	clockSlack = 10 * time.Minute
)

// waits shows why an activity failed, waits, and reports whether to start it again. It returns
// false for an activity that has failed permanently.
func (r *run) waits(ctx workflow.Context, a *attempt, state generation.State, err error) bool {
	var failure *temporal.ApplicationError
	var waiting wire.Waiting
	kind := generation.ErrorTypeOf(err)
	if ctx.Err() != nil || !errors.As(err, &failure) || !failure.HasDetails() ||
		kind != generation.ErrorTypeUnavailable && kind != generation.ErrorTypeRateLimited ||
		failure.Details(&waiting) != nil || waiting.After >= r.remaining(ctx) {
		return false
	}
	// Show the time, because the message stays after the activity succeeds.
	r.enter(ctx, a, state, failure.Message()+" (at "+workflow.Now(ctx).UTC().Format("15:04:05")+" UTC)")
	if waiting.After <= 0 {
		return true
	}
	timer := workflow.NewTimerWithOptions(ctx, waiting.After, workflow.TimerOptions{Summary: r.summary("the provider does not answer; asking again when this timer fires")})
	return timer.Get(ctx, nil) == nil
}
