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
	// An activity comes back after so many attempts, at first, when it fails; then after
	// several times as many. So people see why a generation waits, and it costs little.
	firstPatience = 5
	morePatience  = 4

	// clockSlack is how far a worker's clock may be from Temporal's. The SDK ends an
	// activity by the worker's clock; by Temporal's, it ends itself.
	clockSlack = 10 * time.Minute
)

// waits shows why an activity failed, waits, and tells whether to begin it again. It is
// false for an activity that has ended for good.
func (r *run) waits(ctx workflow.Context, a *attempt, state generation.State, err error) bool {
	var failure *temporal.ApplicationError
	var waiting wire.Waiting
	if ctx.Err() != nil || !errors.As(err, &failure) || !failure.HasDetails() ||
		failure.Type() != generation.ErrUnavailable && failure.Type() != generation.ErrRateLimited ||
		failure.Details(&waiting) != nil || waiting.After >= r.remaining(ctx) {
		return false
	}
	// The activity continues without telling when it succeeds, so people see how old this is.
	r.enter(ctx, a, state, failure.Message()+" (at "+workflow.Now(ctx).UTC().Format("15:04:05")+" UTC)")
	if waiting.After <= 0 {
		return true
	}
	timer := workflow.NewTimerWithOptions(ctx, waiting.After, workflow.TimerOptions{Summary: r.summary("the provider does not answer; asked again after this")})
	return timer.Get(ctx, nil) == nil
}
