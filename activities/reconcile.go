package activities

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/quota"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// reconcile compares what the keeper of an account's limits knows with Temporal and with the
// provider. What can't be read is left as it is.
func (a *Activities) reconcile(ctx context.Context, in wire.ReconcileInput) (wire.Reconciled, error) {
	ctx, cancel := attempt(ctx)
	defer cancel()
	temporal := a.client(ctx)
	var out wire.Reconciled
	if limits, given := a.options.Limits[in.Account]; given {
		out.Configured, out.Started = &limits, a.started
	}
	if in.Recover {
		out.State = formerKeeper(ctx, temporal, in.Account)
	}
	for _, run := range in.Runs {
		if grave, gone := graveOf(ctx, temporal, run); gone {
			out.Graves = append(out.Graves, grave)
		}
	}
	account, err := a.account(ctx, in.Account)
	if err != nil {
		return out, nil // a worker without the account's key tells what it can
	}
	for _, id := range in.Orphans {
		if prediction, err := account.provider.Result(ctx, id); err == nil && prediction.State.Terminal() || provider.KindOf(err) == provider.NotFound {
			out.Ended = append(out.Ended, id)
		}
	}
	out.Running = runningAt(ctx, account.provider)
	return out, nil
}

// graveOf tells whether a run has ended, and what it had then.
func graveOf(ctx context.Context, c client.Client, run wire.Run) (grave quota.Grave, gone bool) {
	grave.RunID = run.RunID
	described, err := c.DescribeWorkflow(ctx, run.WorkflowID, run.RunID)
	var missing *serviceerror.NotFound
	switch {
	case errors.As(err, &missing):
		return grave, true
	case err != nil || isOpen(described.RawResponse.GetWorkflowExecutionInfo()):
		return grave, false
	}
	answer, err := c.QueryWorkflow(ctx, run.WorkflowID, run.RunID, generation.StatusQuery)
	var statuses []generation.Status
	if err != nil || answer.Get(&statuses) != nil {
		return grave, true
	}
	grave.Known = true
	for _, status := range statuses {
		n := len(status.Attempts)
		switch {
		case n == 0 || status.State == generation.StateCompleted || status.State == generation.StateFailed:
		case status.Attempts[n-1].PredictionID != "":
			grave.Orphans = append(grave.Orphans, status.Attempts[n-1].PredictionID)
		case status.Attempts[n-1].Nonce != "":
			grave.Posting++
		}
	}
	return grave, true
}

// longestListed limits how many pages of the list are read to count what runs.
const longestListed = 20

// endedPages is how many pages without a prediction that runs end the count.
const endedPages = 2

// runningAt counts the account's predictions that run; nil if the list doesn't tell. The list is
// newest first, so what runs is near its beginning.
func runningAt(ctx context.Context, at provider.Provider) *int {
	running, ended := 0, 0
	for page := 1; page <= longestListed; page++ {
		got, err := at.List(ctx, provider.ListOptions{Page: page, PageSize: pageSize})
		if err != nil {
			return nil
		}
		on := 0
		for _, prediction := range got.Items {
			if !prediction.State.Terminal() {
				on++
			}
		}
		running += on
		if on == 0 {
			ended++
		}
		if ended == endedPages || len(got.Items) < pageSize {
			return &running
		}
	}
	return &running
}

// formerKeeper is what the keeper before this one knew when it was killed; nil if there was none,
// or it can't tell.
func formerKeeper(ctx context.Context, c client.Client, account string) *wire.KeeperState {
	self := activity.GetInfo(ctx).WorkflowExecution
	listed, err := c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Query: fmt.Sprintf("WorkflowId = '%s' AND WorkflowType = '%s'", wire.KeeperID(account), wire.KeeperName),
	})
	if err != nil {
		return nil
	}
	for _, info := range listed.GetExecutions() {
		if run := info.GetExecution().GetRunId(); run != self.RunID {
			answer, err := c.QueryWorkflow(ctx, wire.KeeperID(account), run, wire.LimitsQuery)
			var state wire.KeeperState
			if err == nil && answer.Get(&state) == nil {
				return &state
			}
			return nil
		}
	}
	return nil
}

// prepare reads the catalogues that tell what kind a model is, so that they are there when the
// first run asks.
func (a *Activities) prepare() {
	for account := range a.options.Limits {
		a.Limited(account, "")
	}
}

// Limited tells whether the limits of an account are kept, and what kind of a model it is for
// them. It doesn't wait for the catalogue: until that is there, the kind is unknown.
func (a *Activities) Limited(account, model string) (quota.Kind, bool) {
	if limits, given := a.options.Limits[account]; !given || limits == (wire.Limits{}) {
		return quota.Unknown, false
	}
	if of := a.accounts[account]; of != nil {
		if known := of.Catalogue.Peek(model); known != nil {
			return quota.KindOf(known.Type), true
		}
	}
	return quota.Unknown, true
}
