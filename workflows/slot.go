package workflows

import (
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/quota"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// takeSlot waits until the account's limits allow the submit, if they are kept. That time does
// not count for the generation's deadline. It returns without a slot if the run is paused. An
// error means that ctx is canceled.
func (r *run) takeSlot(ctx workflow.Context, a *attempt) error {
	kind, limited := r.board.limited(ctx, r.request.Account, r.request.Model)
	if !limited || r.slot != nil {
		return nil
	}
	began := workflow.Now(ctx)
	slot := r.board.leaseOf(ctx, r.request.Account, r.request.TaskQueue).join(kind)
	r.board.queued[a.Attempt] = slot
	defer delete(r.board.queued, a.Attempt)
	r.enter(ctx, a, generation.StateSubmitting, quota.Waits)
	taken, err := slot.take(ctx, r.board.Paused)
	r.deadline = r.deadline.Add(workflow.Now(ctx).Sub(began))
	if !taken {
		return err
	}
	r.slot = slot
	ungated := int64(0)
	if slot.Ungated {
		ungated = 1 // the keeper can't count it while it is away
	}
	add(ctx, wire.MetricLimitUngated, map[string]string{wire.TagAccount: r.request.Account}, ungated)
	r.enter(ctx, a, generation.StateSubmitting, "")
	return nil
}

// slotRefused returns the slot if the provider refused the submit for the account's limits, so
// that it waits for another one.
func (r *run) slotRefused(ctx workflow.Context, err error) bool {
	var failure *temporal.ApplicationError
	var refusal wire.Refusal
	if r.slot == nil || r.slot.Ungated || ctx.Err() != nil || generation.ErrorTypeOf(err) != generation.ErrorTypeRateLimited ||
		!errors.As(err, &failure) || !failure.HasDetails() || failure.Details(&refusal) != nil || !refusal.Refused {
		return false
	}
	var retryAt time.Time
	if refusal.After > 0 {
		retryAt = workflow.Now(ctx).Add(refusal.After)
	}
	r.slot.Refused(refusal.Pool, retryAt)
	r.slot.lease.wake()
	r.slot = nil
	return true
}

// holdSlot counts a prediction that runs already.
func (r *run) holdSlot(ctx workflow.Context, predictionID string) {
	if kind, limited := r.board.limited(ctx, r.request.Account, r.request.Model); limited && r.slot == nil {
		l := r.board.leaseOf(ctx, r.request.Account, r.request.TaskQueue)
		r.slot = &slot{Ticket: l.tenant.Hold(workflow.Now(ctx), kind, predictionID), lease: l}
		l.wake()
	}
}

// slotUsed notes that the provider has the submit; "" if it isn't known as which prediction.
func (r *run) slotUsed(ctx workflow.Context, predictionID string) {
	if r.slot != nil {
		r.slot.Made(workflow.Now(ctx), predictionID)
		r.slot.lease.wake()
	}
}

// dropSlot returns the slot of a submit that was not made, while it waits for something else.
func (r *run) dropSlot() {
	if r.slot != nil {
		r.slot.Unused()
		r.slot.lease.wake()
		r.slot = nil
	}
}

// returnSlot returns the slot of an attempt that is over. A prediction that nobody awaits any
// longer still runs.
func (r *run) returnSlot(ctx workflow.Context, a *attempt) {
	if r.slot == nil {
		return
	}
	now := workflow.Now(ctx)
	switch {
	case a.outcome != nil:
		r.slot.Made(now, a.PredictionID)
		r.slot.Ended(now)
	case a.State == generation.StateAbsent, a.State == generation.StateCanceled && a.Nonce == "" && a.PredictionID == "":
		r.slot.Unused()
	default:
		r.slot.Made(now, a.PredictionID)
		r.slot.Abandoned()
	}
	r.slot.lease.wake()
	r.slot = nil
}
