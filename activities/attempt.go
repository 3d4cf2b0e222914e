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

// recordMargin is kept free at the end of an attempt, to report what it did.
const recordMargin = 3 * time.Second

// attempt gives an activity the time of its attempt by this process's clock alone. The
// SDK's own deadline compares it with Temporal's, which may be far from it.
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

// by has the next attempt of a failed read made when the time is over, if it would come
// later.
func by(left time.Duration, err error) error {
	var failure *temporal.ApplicationError
	if !errors.As(err, &failure) || failure.NonRetryable() {
		return err
	}
	next := failure.NextRetryDelay()
	if next == 0 {
		next = longestPoll
	}
	if left > next {
		return err
	}
	return temporal.NewApplicationErrorWithOptions(failure.Message(), failure.Type(), temporal.ApplicationErrorOptions{
		NextRetryDelay: max(left, time.Millisecond), Category: failure.Category(),
	})
}

// longestPoll is the longest wait of the retry policies of reads.
const longestPoll = 30 * time.Second

// impatient ends an activity that has failed so often that the workflow should tell people
// why it waits. The workflow begins it again.
func impatient(info activity.Info, patience int, err error) error {
	var failure *temporal.ApplicationError
	if patience == 0 || int(info.Attempt) < patience || !errors.As(err, &failure) || failure.NonRetryable() || failure.Type() == generation.ErrPending {
		return err
	}
	return temporal.NewApplicationErrorWithOptions(failure.Message(), failure.Type(), temporal.ApplicationErrorOptions{
		NonRetryable: true, Category: failure.Category(),
		Details: []any{wire.Waiting{After: failure.NextRetryDelay()}},
	})
}
