package workflows

import (
	"errors"
	"fmt"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/kernel"
)

// ForEachOptions set how many items run concurrently, and when to give up.
type ForEachOptions struct {
	// MaxParallel is how many items run concurrently. Defaults to 10.
	MaxParallel int

	// Tolerate is how many items may fail. If more fail, no further item is started; running
	// items continue to their end. Defaults to 0.
	Tolerate int

	// Stop is called before each item. Once it returns true, no further item is started.
	// Defaults to never.
	Stop func() bool
}

// Item is the outcome of one item.
type Item[R any] struct {
	// Begun is false if the item was skipped after too many failures, after Stop or after a
	// cancellation.
	Begun bool

	// Result is what do returned.
	Result R

	// Err is the error that do returned.
	Err error
}

// ForEach calls a function for each item, several concurrently. It returns all results, in the
// order of the items, whatever the error. Items that were not started say so.
//
// It fails with [generation.ErrorTypeTooManyFailed] if more items failed than are tolerated; the
// cause is the first of their errors. It fails with a *temporal.CanceledError if ctx is
// canceled.
//
// A history can hold a few hundred items. For more, the registered workflow of package
// internal/engine spreads them over child workflows.
func ForEach[T, R any](ctx workflow.Context, items []T, options ForEachOptions, do func(ctx workflow.Context, index int, item T) (R, error)) ([]Item[R], error) {
	if options.MaxParallel <= 0 {
		options.MaxParallel = 10
	}
	results := make([]Item[R], len(items))
	next, failed, begun, lanes := 0, 0, 0, min(options.MaxParallel, len(items))
	var first error
	over := func() bool {
		return next >= len(items) || failed > options.Tolerate || ctx.Err() != nil || options.Stop != nil && options.Stop()
	}
	gate := kernel.GateOf(ctx)
	group := workflow.NewWaitGroup(ctx)
	for lane := range lanes {
		if gate != nil {
			_ = workflow.Await(ctx, func() bool { return begun == lane }) // those before have come to where they wait
			if gate(ctx, func() int { return min(lanes-lane, len(items)-next) }, over); over() {
				break
			}
		}
		group.Go(ctx, func(ctx workflow.Context) {
			begun++
			for !over() {
				i := next
				next++
				result, err := do(ctx, i, items[i])
				results[i] = Item[R]{Begun: true, Result: result, Err: err}
				if err != nil {
					failed++
					first = cmpErr(first, err)
				}
			}
		})
	}
	if gate != nil {
		gate(ctx, func() int { return 0 }, func() bool { return true })
	}
	group.Wait(ctx)
	switch {
	case ctx.Err() != nil:
		return results, temporal.NewCanceledError()
	case failed > options.Tolerate:
		return results, tooMany(failed, next, options.Tolerate, first)
	default:
		return results, nil
	}
}

func cmpErr(first, other error) error {
	if first != nil {
		return first
	}
	return other
}

func tooMany(failed, begun, tolerated int, first error) error {
	reason := first.Error()
	var failure *temporal.ApplicationError
	if errors.As(first, &failure) {
		reason = failure.Message()
	}
	return temporal.NewApplicationErrorWithOptions(
		fmt.Sprintf("%d of %d items failed, and %d are tolerated. The first: %s", failed, begun, tolerated, reason),
		string(generation.ErrorTypeTooManyFailed), temporal.ApplicationErrorOptions{NonRetryable: true, Cause: first})
}
