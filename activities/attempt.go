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
// after that.
func by(left time.Duration, err error) error {
	var failure *temporal.ApplicationError
	if !errors.As(err, &failure) || failure.NonRetryable() {
		return err
	}
	next := failure.NextRetryDelay()
	if next == 0 {
		next = longestPoll
	}
	if left > next || left <= 0 {
		return err
	}
	return temporal.NewApplicationErrorWithOptions(failure.Message(), failure.Type(), temporal.ApplicationErrorOptions{
		NextRetryDelay: left, Category: failure.Category(),
	})
}

// longestPoll is the longest wait in the retry policies of reads.
const longestPoll = 30 * time.Second

// impatient ends an activity after so many failures that the workflow should show why it is
// waiting. The workflow starts it again.
func impatient(info activity.Info, patience int, err error) error {
	var failure *temporal.ApplicationError
	if patience == 0 || int(info.Attempt) < patience || !errors.As(err, &failure) || failure.NonRetryable() || generation.ErrorTypeOf(failure) == wire.ErrorTypePending {
		return err
	}
	return temporal.NewApplicationErrorWithOptions(failure.Message(), failure.Type(), temporal.ApplicationErrorOptions{
		NonRetryable: true, Category: failure.Category(),
		Details: []any{wire.Waiting{After: failure.NextRetryDelay()}},
	})
}
