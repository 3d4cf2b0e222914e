package activities

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// mostFormer is how many former keepers are asked that know nothing.
const mostFormer = 20

// recoverKeeper is what the keeper before this one knew. Where that can't be read, or this worker
// was started without limits, another attempt may do better, on another worker.
func (a *Activities) recoverKeeper(ctx context.Context, in wire.ReconcileInput, limits *wire.Limits) (*wire.KeeperState, error) {
	state, err := formerKeeper(ctx, a.client(ctx), in.Account)
	if err == nil && (limits == nil || *limits == wire.Limits{}) {
		err = fmt.Errorf("this worker is given no limits for account %s", in.Account)
	}
	if err != nil && in.Settle {
		activity.GetLogger(ctx).Warn("The account's limits begin anew", "account", in.Account, "error", err)
		err = nil
	}
	return state, err
}

// formerKeeper is what the keeper before this one knew when it was killed; nil if there was none.
// One that was killed before it knew anything does not count.
func formerKeeper(ctx context.Context, c client.Client, account string) (*wire.KeeperState, error) {
	self := activity.GetInfo(ctx).WorkflowExecution
	listed, err := c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		PageSize: mostFormer,
		Query:    fmt.Sprintf("WorkflowId = '%s' AND WorkflowType = '%s'", wire.KeeperID(account), wire.KeeperName),
	})
	if err != nil {
		return nil, fmt.Errorf("list what kept the limits of account %s: %w", account, err)
	}
	for _, info := range listed.GetExecutions() {
		run := info.GetExecution().GetRunId()
		if run == self.RunID {
			continue
		}
		state, err := keeperState(ctx, c, account, run)
		if err != nil || state != nil {
			return state, err
		}
	}
	return nil, nil
}

// keeperState is what one run of a keeper knows; nil if nothing.
func keeperState(ctx context.Context, c client.Client, account, run string) (*wire.KeeperState, error) {
	answer, err := c.QueryWorkflow(ctx, wire.KeeperID(account), run, wire.LimitsQuery)
	var missing *serviceerror.NotFound
	var early *serviceerror.WorkflowNotReady // it has ended before a worker had it
	if errors.As(err, &missing) || errors.As(err, &early) {
		return nil, nil
	}
	var state wire.KeeperState
	if err == nil {
		err = answer.Get(&state)
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("ask what kept the limits of account %s: %w", account, err)
	case state.Keeper == nil || state.Configured == nil && state.Set == nil && len(state.Holders) == 0:
		return nil, nil
	default:
		return &state, nil
	}
}
