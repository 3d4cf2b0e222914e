package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/jitter"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

const (
	firstBackoff = time.Second
	maxBackoff   = time.Minute

	// maxReadWait limits the wait before a free request is repeated, whatever the provider
	// requests.
	maxReadWait = 2 * time.Minute

	// lastTry is the minimum time before a generation's deadline for another attempt.
	lastTry = 2 * time.Second
)

func final(kind generation.ErrorType, message string, cause error) error {
	return temporal.NewApplicationErrorWithOptions(message, string(kind), temporal.ApplicationErrorOptions{NonRetryable: true, Cause: cause})
}

// after makes Temporal retry the activity after a delay.
func after(delay time.Duration, kind generation.ErrorType, what string, err error) error {
	return temporal.NewApplicationErrorWithOptions(what+": "+err.Error(), string(kind), temporal.ApplicationErrorOptions{
		NextRetryDelay: delay, Category: temporal.ApplicationErrorCategoryBenign,
	})
}

// again retries a free activity.
func again(ctx context.Context, kind generation.ErrorType, what string, err error) error {
	info := activity.GetInfo(ctx)
	delay := readDelay(err, info.Attempt)
	if info.ScheduleToCloseTimeout > 0 {
		delay = min(delay, share(timeLeft(info, info.ScheduleToCloseTimeout)))
	}
	return after(delay, kind, what, err)
}

// beforeSubmit repeats what a submit needs first, and costs nothing, until the
// generation's deadline: then the generation ends with this error.
func beforeSubmit(ctx context.Context, in wire.SubmitInput, kind generation.ErrorType, what string, err error) error {
	info := activity.GetInfo(ctx)
	left := timeLeft(info, in.Within)
	if left < lastTry {
		return outOfTime(kind, what, err)
	}
	return after(min(readDelay(err, info.Attempt), share(left)), kind, what, err)
}

// submitAgain retries a submit that was surely not accepted. It waits as long as the provider
// requests, unless that is past the generation's deadline: then waiting is useless.
func submitAgain(ctx context.Context, in wire.SubmitInput, kind generation.ErrorType, what string, err error) error {
	info := activity.GetInfo(ctx)
	left, wait := timeLeft(info, in.Within), told(err)
	switch {
	case left < lastTry:
		return outOfTime(kind, what, err)
	case wait > left:
		return final(kind, fmt.Sprintf("%s: the provider asks to wait %v, but the generation's deadline is in %v; nothing was billed. Start it again later: %v",
			what, wait.Round(time.Second), left.Round(time.Second), err), nil)
	case wait > 0:
		return after(min(wait+spread(wait), left), kind, what, err)
	default:
		return after(min(backoff(info.Attempt), share(left)), kind, what, err)
	}
}

func outOfTime(kind generation.ErrorType, what string, err error) error {
	return final(kind, what+" before the generation's deadline; nothing was billed: "+err.Error(), nil)
}

// share is how much of the time that is left may be waited. Temporal ends an activity at
// once if its next attempt would come too late, so the attempts get closer instead.
func share(left time.Duration) time.Duration { return max(left/2, firstBackoff) }

// told is the wait that the provider requests; 0 for none.
func told(err error) time.Duration {
	var failure *provider.Error
	if !errors.As(err, &failure) {
		return 0
	}
	return failure.RetryAfter
}

// readDelay is the wait before a free request is repeated.
func readDelay(err error, attempt int32) time.Duration {
	wait := told(err)
	switch {
	case wait <= 0:
		return backoff(attempt)
	case wait > maxReadWait:
		wait = maxReadWait * 3 / 4 // and the rest to spread
	}
	return min(wait+spread(wait), maxReadWait)
}

// backoff doubles from a second to a minute.
func backoff(attempt int32) time.Duration {
	ceiling := min(firstBackoff<<min(max(attempt, 1)-1, 6), maxBackoff)
	return ceiling/2 + jitter.Below(ceiling)
}

// spread is added to a wait, so that a thousand generations that failed together don't retry
// together.
func spread(wait time.Duration) time.Duration {
	return jitter.Below(min(wait/4+time.Second, time.Minute))
}
