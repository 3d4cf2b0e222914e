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
	// readTimeout limits one read from the provider.
	readTimeout = time.Minute

	pollGrowth  = 1.2
	maxPollWait = 15 * time.Second
)

// await waits for the attempt's outcome: first for the webhook alone, then for the webhook or a
// poll, whichever comes first.
func (r *run) await(ctx workflow.Context, a *attempt) error {
	if a.webhook && !a.settled() {
		if err := r.awaitWebhook(ctx, a); err != nil {
			return err
		}
	}
	if a.outcome != nil {
		return nil
	}
	return r.poll(ctx, a)
}

// awaitWebhook waits for an outcome or a reason to poll.
func (r *run) awaitWebhook(ctx workflow.Context, a *attempt) error {
	until := workflow.Now(ctx).Add(min(r.request.Timing.Grace, max(r.remaining(ctx), time.Millisecond)))
	if over, err := r.awaitSpare(ctx, a, until); over || err != nil {
		return err
	}
	timerCtx, stop := workflow.WithCancel(ctx)
	defer stop()
	timer := workflow.NewTimerWithOptions(timerCtx, until.Sub(workflow.Now(ctx)), workflow.TimerOptions{
		Summary: r.summary("webhook of %s, polled after this", a.PredictionID),
	})
	over, canceled := false, false
	selector := workflow.NewSelector(ctx)
	r.mail.addTo(selector)
	selector.AddFuture(timer, func(f workflow.Future) { over, canceled = true, f.Get(ctx, nil) != nil })
	for !over && !a.settled() {
		selector.Select(ctx)
	}
	if canceled && !a.settled() {
		return r.cancel(ctx, a)
	}
	return nil
}

// awaitSpare waits with a timer that was set while the generation had no slot, and now serves
// nobody. Most generations end before it fires, and need no other. It reports whether the wait
// is over.
func (r *run) awaitSpare(ctx workflow.Context, a *attempt, until time.Time) (over bool, err error) {
	if r.slot == nil {
		return false, nil
	}
	spare := r.slot.lease.spareAlarm(workflow.Now(ctx), until)
	if spare == nil {
		return false, nil
	}
	defer spare.cancel()
	fired := false
	selector := workflow.NewSelector(ctx)
	r.mail.addTo(selector)
	selector.AddFuture(spare.future, func(workflow.Future) { fired = true })
	selector.AddReceive(ctx.Done(), func(workflow.ReceiveChannel, bool) {})
	for !fired && !a.settled() && ctx.Err() == nil {
		selector.Select(ctx)
	}
	if ctx.Err() != nil && !a.settled() {
		return true, r.cancel(ctx, a)
	}
	// It fires a little before a timer of the generation's own would.
	return a.settled() || until.Sub(workflow.Now(ctx)) < r.request.Timing.Grace/4, nil
}

// poll queries the provider until the prediction has ended, the webhook arrives, or the
// deadline passes. From time to time the activity returns to report why it is waiting.
func (r *run) poll(ctx workflow.Context, a *attempt) error {
	r.enter(ctx, a, generation.StatePolling, "")
	for patience := firstPatience; ; patience *= morePatience {
		polled, err := r.pollOnce(ctx, a, patience)
		switch {
		case a.outcome != nil:
			return nil
		case ctx.Err() != nil:
			return r.cancel(ctx, a)
		case err == nil:
			a.outcome, a.via = &polled, wire.ViaPoll
			return nil
		case !r.waits(ctx, a, generation.StatePolling, err) && ctx.Err() == nil:
			return r.pollFailed(ctx, a, err)
		}
	}
}

func (r *run) pollOnce(ctx workflow.Context, a *attempt, patience int) (polled wire.Outcome, err error) {
	within := max(r.remaining(ctx), 0)
	pollCtx, stop := workflow.WithCancel(workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:              r.request.TaskQueue,
		StartToCloseTimeout:    readTimeout,
		ScheduleToCloseTimeout: within + readTimeout + clockSlack,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:    r.request.Timing.Poll,
			BackoffCoefficient: pollGrowth,
			MaximumInterval:    max(r.request.Timing.Poll, maxPollWait),
		},
		Summary: r.summary("polling %s%s", a.PredictionID, ordinal(a.Number)),
	}))
	defer stop()
	in := wire.AwaitInput{Key: r.request.Key, Account: r.request.Account, PredictionID: a.PredictionID, Within: within, Patience: patience}
	if !a.Inferred {
		in.Model, in.Nonce = r.request.Model, a.Nonce
	}
	future := workflow.ExecuteActivity(pollCtx, wire.AwaitName, in)
	done := false
	selector := workflow.NewSelector(ctx)
	r.mail.addTo(selector)
	selector.AddFuture(future, func(f workflow.Future) {
		done = true
		err = f.Get(ctx, &polled)
	})
	for !done && a.outcome == nil {
		selector.Select(ctx)
	}
	return polled, err
}

func (r *run) pollFailed(ctx workflow.Context, a *attempt, err error) error {
	var failure *temporal.ApplicationError
	if errors.As(err, &failure) && failure.NonRetryable() {
		kind := generation.ErrorType(failure.Type())
		if kind != generation.ErrorTypeDeadlineExceeded && kind != generation.ErrorTypeUnavailable {
			return r.fail(ctx, a, kind, failure.Message())
		}
	}
	reason := "did not end within " + r.request.Timeout.String() + "; it continues at the provider, and a request that adopts it can still fetch its result"
	if failure != nil {
		reason += ". Last answer: " + failure.Message()
	}
	return r.fail(ctx, a, generation.ErrorTypeDeadlineExceeded, reason)
}
