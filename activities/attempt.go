package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// recordMargin is reserved at the end of an attempt, to report what it did.
const recordMargin = 3 * time.Second

// attempt limits an activity to the time of its attempt by this process's clock alone. The
// SDK's own deadline compares it with Temporal's clock, which may be far off.
func attempt(ctx context.Context) (context.Context, context.CancelFunc) {
	whole := activity.GetInfo(ctx).StartToCloseTimeout
	own, cancel := context.WithTimeout(context.WithoutCancel(ctx), whole-min(recordMargin, whole/5))
	context.AfterFunc(ctx, func() {
		if !errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
			cancel() // the worker stops
		}
	})
	return own, cancel
}

// by schedules the next attempt of a failed read for the end of the time, if it would come
// after that, and one after the end soon.
func by(left time.Duration, err error) error {
	var failure *temporal.ApplicationError
	if !errors.As(err, &failure) || failure.NonRetryable() {
		return err
	}
	next := failure.NextRetryDelay()
	if next == 0 {
		next = longestPoll
	}
	switch {
	case left <= 0:
		next = min(next, lastPause)
	case left <= next:
		next = left
	default:
		return err
	}
	return temporal.NewApplicationErrorWithOptions(failure.Message(), failure.Type(), temporal.ApplicationErrorOptions{
		NextRetryDelay: next, Category: failure.Category(),
	})
}

// lastPause is the longest wait between attempts after the end of the time.
const lastPause = 10 * time.Second

// longestPoll is the longest wait in the retry policies of reads.
const longestPoll = 30 * time.Second

// impatient ends an activity after so many failures that the workflow should show why it is
// waiting. The workflow starts it again, so it is not ended when its time is nearly over.
func impatient(info activity.Info, left time.Duration, patience int, err error) error {
	var failure *temporal.ApplicationError
	switch {
	case patience == 0 || int(info.Attempt) < patience:
		return err
	case !errors.As(err, &failure) || failure.NonRetryable() || generation.ErrorTypeOf(failure) == wire.ErrorTypePending:
		return err
	case left < failure.NextRetryDelay()+restart:
		return err
	}
	return temporal.NewApplicationErrorWithOptions(failure.Message(), failure.Type(), temporal.ApplicationErrorOptions{
		NonRetryable: true, Category: failure.Category(),
		Details: []any{wire.Waiting{After: failure.NextRetryDelay()}},
	})
}

// restart is how long it may take until the workflow has started the activity again.
const restart = time.Minute
