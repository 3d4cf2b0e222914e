package limits

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/quota"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// Usage is what an account does at the moment, as far as its keeper knows.
type Usage struct {
	// Limits are those that hold: given, set, or learned so far.
	Limits Limits

	// Running are the predictions of this namespace at the provider, Others those of anybody
	// else who uses the account, and Waiting the submits that wait for a slot.
	Running, Others, Waiting int

	// LastMinute is how many submits were made within the last minute.
	LastMinute int

	// Refused counts the submits that the provider refused for the account's limits, and
	// WithoutLimits those made while the keeper was away.
	Refused, WithoutLimits int

	// Runs are the workflow runs that have or want a slot, in the order in which they came.
	Runs []Run
}

// Run is a workflow run that has or wants slots.
type Run struct {
	WorkflowID, RunID string

	// Running are its predictions at the provider, and Waiting its submits that wait.
	Running, Waiting int

	// Line is the place of the first that waits, and Wait how long that may take; 0 if it does
	// not wait, or that isn't known.
	Line int
	Wait time.Duration
}

// Show asks the keeper of an account, "" for the default one. It fails with [ErrNoKeeper] if
// there is none. It costs one Temporal action.
func Show(ctx context.Context, c client.Client, account string) (Usage, error) {
	answer, err := c.QueryWorkflow(ctx, keeperID(account), "", wire.LimitsQuery)
	if err != nil {
		return Usage{}, keeperError(err)
	}
	var state wire.KeeperState
	if err := answer.Get(&state); err != nil {
		return Usage{}, fmt.Errorf("limits: the keeper's answer: %w", err)
	}
	now := time.Now()
	usage := Usage{
		Limits: inForce(state), Running: state.Used(quota.Running, now), Others: state.Foreign,
		Waiting: state.Waiting(now), LastMinute: state.Used(quota.Starts, now), Refused: state.Refused, WithoutLimits: state.Ungated,
	}
	for _, h := range state.Holders {
		usage.Runs = append(usage.Runs, Run{
			WorkflowID: h.Report.WorkflowID, RunID: h.Report.RunID,
			Running: h.Report.Running, Waiting: h.Report.InLine(), Line: h.Lease.Line, Wait: h.Lease.Wait,
		})
	}
	return usage, nil
}

// Set changes the limits of an account, "" for the default one, while everything runs. They hold
// until the workers of the account are given others. What runs already is not affected. It fails
// with [ErrNoKeeper] if there is no keeper.
func Set(ctx context.Context, c client.Client, account string, limits Limits) error {
	if err := limits.Validate(); err != nil {
		return fmt.Errorf("limits: %w", err)
	}
	set := wire.Limits(limits)
	return update(ctx, c, account, &set)
}

// Reset returns to the limits that the account's workers are given.
func Reset(ctx context.Context, c client.Client, account string) error {
	return update(ctx, c, account, nil)
}

func update(ctx context.Context, c client.Client, account string, set *wire.Limits) error {
	handle, err := c.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: keeperID(account), UpdateName: wire.SetLimitsUpdate, Args: []any{set},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(ctx, nil)
	}
	return keeperError(err)
}

func keeperID(account string) string {
	return wire.KeeperID(cmp.Or(account, generation.DefaultAccount))
}

func keeperError(err error) error {
	var missing *serviceerror.NotFound
	if errors.As(err, &missing) {
		return ErrNoKeeper
	}
	return err
}

// inForce are the limits that hold, and what was learned where none are given.
func inForce(state wire.KeeperState) Limits {
	var l Limits
	switch {
	case state.Set != nil:
		l = Limits(*state.Set)
	case state.Configured != nil:
		l = Limits(*state.Configured)
	}
	if state.Learns {
		l.Running = cmp.Or(l.Running, state.Learned.Limits[quota.Running])
		l.PerMinute = cmp.Or(l.PerMinute, state.Learned.Limits[quota.Starts])
	}
	return l
}
