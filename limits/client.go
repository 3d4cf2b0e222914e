package limits

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/quota"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// Usage is what an account does at the moment, as far as its keeper knows.
type Usage struct {
	// Limits are those that hold: the workers', set by [Set], or learned so far.
	Limits Limits

	// Workers are the limits that the account's workers are given, to which [Reset] returns.
	Workers Limits

	// Set is whether the limits that hold were set by [Set].
	Set bool

	// Running are the predictions of this namespace at the provider, Others those of anybody
	// else who uses the account, and Waiting the submits that wait for a slot. Runs report when
	// they want more or have too much, so what a run may do counts as done.
	Running, Others, Waiting int

	// PerMinute is how many submits runs make per minute, or have made in the last one, and
	// ImagesPerMinute and VideosPerMinute how many of models that make those. They are 0 where
	// there is no such limit. A model that is in no catalogue counts as both.
	PerMinute, ImagesPerMinute, VideosPerMinute int

	// RetryAt is until when nothing is submitted because the provider refused a submit; zero, or
	// in the past, if there is nothing to wait for.
	RetryAt time.Time

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
	state, err := ask(ctx, c, account)
	if err != nil {
		return Usage{}, keeperError(err)
	}
	now := time.Now()
	usage := Usage{
		Limits: inForce(state), Set: state.Set != nil,
		Running: state.InUse(quota.Running, now), Others: state.Foreign, Waiting: state.InLine(now),
		PerMinute: perMinute(state, quota.Starts, now), ImagesPerMinute: perMinute(state, quota.Images, now), VideosPerMinute: perMinute(state, quota.Videos, now),
		RetryAt: state.Blocked, Refused: state.Refused, WithoutLimits: state.Ungated,
	}
	if state.Configured != nil {
		usage.Workers = Limits(*state.Configured)
	}
	for _, h := range state.Holders {
		usage.Runs = append(usage.Runs, Run{
			WorkflowID: h.Report.WorkflowID, RunID: h.Report.RunID,
			Running: h.Running(now), Waiting: h.Waiting(now), Line: h.Lease.Line, Wait: h.Lease.Wait,
		})
	}
	return usage, nil
}

// perMinute is what is used of a limit of submits per minute; 0 without one.
func perMinute(state wire.KeeperState, p quota.Pool, now time.Time) int {
	if _, limited := state.Limit(p); !limited {
		return 0
	}
	return state.InUse(p, now)
}

// ask returns what a keeper knows. One that has ended knows nothing that still holds.
func ask(ctx context.Context, c client.Client, account string) (state wire.KeeperState, err error) {
	answer, err := c.QueryWorkflowWithOptions(ctx, &client.QueryWorkflowWithOptionsRequest{
		WorkflowID: keeperID(account), QueryType: wire.LimitsQuery, QueryRejectCondition: enumspb.QUERY_REJECT_CONDITION_NOT_OPEN,
	})
	switch {
	case err != nil:
		return state, err
	case answer.QueryRejected != nil:
		return state, ErrNoKeeper
	}
	if err := answer.QueryResult.Get(&state); err != nil {
		return state, fmt.Errorf("limits: the keeper's answer: %w", err)
	}
	return state, nil
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
