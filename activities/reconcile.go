package activities

import (
	"context"
	"errors"
	"sync"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/quota"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// abreast is how many questions a comparison asks at once.
const abreast = 16

// reconcile compares what the keeper of an account's limits knows with Temporal and with the
// provider. What can't be read is left as it is. The provider comes first, since there may be
// more runs than there is time.
func (a *Activities) reconcile(ctx context.Context, in wire.ReconcileInput) (out wire.Reconciled, err error) {
	ctx, cancel := attempt(ctx)
	defer cancel()
	if limits, given := a.options.Limits[in.Account]; given {
		out.Configured, out.Started = &limits, a.started
	}
	if in.Recover {
		out.State, err = a.recoverKeeper(ctx, in, out.Configured)
		if err != nil {
			return out, err
		}
	}
	// A worker without the account's key tells what it can.
	if account, err := a.account(ctx, in.Account); err == nil {
		out.Running = runningAt(ctx, account.provider)
		out.Ended = endedOf(ctx, account.provider, in.Orphans)
	}
	out.Graves = gravesOf(ctx, a.client(ctx), in.Runs)
	return out, nil
}

// endedOf returns those predictions that have ended.
func endedOf(ctx context.Context, at provider.Provider, ids []string) (ended []string) {
	over := make([]bool, len(ids))
	each(len(ids), func(i int) {
		prediction, err := at.Result(ctx, ids[i])
		over[i] = err == nil && prediction.State.Terminal() || provider.KindOf(err) == provider.NotFound
	})
	for i, id := range ids {
		if over[i] {
			ended = append(ended, id)
		}
	}
	return ended
}

// gravesOf returns those runs that have ended.
func gravesOf(ctx context.Context, c client.Client, runs []wire.Run) (graves []quota.Grave) {
	found, gone := make([]quota.Grave, len(runs)), make([]bool, len(runs))
	each(len(runs), func(i int) { found[i], gone[i] = graveOf(ctx, c, runs[i]) })
	for i, grave := range found {
		if gone[i] {
			graves = append(graves, grave)
		}
	}
	return graves
}

// each calls do for all numbers below n, several at once.
func each(n int, do func(int)) {
	var working sync.WaitGroup
	turns := make(chan struct{}, abreast)
	for i := range n {
		turns <- struct{}{}
		working.Go(func() {
			defer func() { <-turns }()
			do(i)
		})
	}
	working.Wait()
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
	grave.ResetTo = described.RawResponse.GetWorkflowExtendedInfo().GetResetRunId()
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
const longestListed = 150

// endedPages is how many pages without a prediction that runs end the count.
const endedPages = 2

// runningAt counts the account's predictions that run; nil if the list doesn't tell. The list is
// newest first, so what runs is near its beginning.
func runningAt(ctx context.Context, at provider.Provider) *int {
	running, ended := 0, 0
	seen := make(map[string]bool) // what is new moves others to the next page
	for page := 1; page <= longestListed; page++ {
		got, err := at.List(ctx, provider.ListOptions{Page: page, PageSize: pageSize})
		if err != nil {
			activity.GetLogger(ctx).Warn("What runs at the provider could not be counted: slots that others have used until now stay counted", "error", err)
			return nil
		}
		on := 0
		for _, prediction := range got.Items {
			if !prediction.State.Terminal() && !seen[prediction.ID] {
				on++
			}
			seen[prediction.ID] = true
		}
		running += on
		if on == 0 {
			ended++
		}
		if ended == endedPages || len(got.Items) < pageSize {
			return &running
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
