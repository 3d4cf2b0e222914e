package workflows

import (
	"context"
	"errors"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// unsentTimeout limits the question, retries included.
const unsentTimeout = 10 * time.Second

// askUnsent asks Temporal which submits surely have not been accepted, before they are canceled.
// Temporal cancels an activity at once that no worker has, and then no longer knows how its last
// attempt ended. That may have been after the POST, with a result that could not be encoded.
func (b *board) askUnsent(ctx workflow.Context) []string {
	if b.asking == nil {
		// No task queue is involved, so a crowd of submits does not delay the answer.
		b.asking = workflow.ExecuteLocalActivity(workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
			ScheduleToCloseTimeout: unsentTimeout, Summary: "which submits have not been sent?",
		}), unsent, workflow.GetInfo(ctx).OriginalRunID)
	}
	asking := b.asking
	var ids []string
	if asking.Get(ctx, &ids) != nil {
		ids = nil // then nothing is certain
	}
	if b.asking == asking {
		b.asking = nil
	}
	return ids
}

// unsent returns the ids of the run's submits that no worker has, and whose attempts so far, if
// any, were not accepted. In a run that was reset, another one may have made any of them.
func unsent(ctx context.Context, originalRunID string) (ids []string, err error) {
	run := activity.GetInfo(ctx).WorkflowExecution
	if run.RunID != originalRunID {
		return nil, nil
	}
	described, err := activity.GetClient(ctx).DescribeWorkflow(ctx, run.ID, run.RunID)
	if err != nil {
		return nil, err
	}
	for _, pending := range described.RawResponse.GetPendingActivities() {
		if pending.GetActivityType().GetName() == wire.SubmitName && isUnsent(pending) {
			ids = append(ids, pending.GetActivityId())
		}
	}
	return ids, nil
}

func isUnsent(pending *workflowpb.PendingActivityInfo) bool {
	if pending.GetState() != enumspb.PENDING_ACTIVITY_STATE_SCHEDULED {
		return false
	}
	if pending.GetAttempt() <= 1 {
		return pending.GetLastAttemptCompleteTime() == nil // a person can reset an activity to its first attempt
	}
	last := pending.GetLastFailure()
	return wire.ProvesRefusal(last.GetApplicationFailureInfo().GetType(), last.GetMessage(), pending.GetAttempt()-1)
}

// neverSent reports whether a submit was canceled before it can have been accepted, given the ids
// of those that were not sent by then.
func neverSent(err error, unsent []string) bool {
	var canceled *temporal.ActivityError
	if !errors.As(err, &canceled) {
		return true // it was never scheduled
	}
	return canceled.StartedEventID() == 0 && slices.Contains(unsent, canceled.ActivityID())
}
