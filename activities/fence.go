package activities

import (
	"context"
	"sync"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
)

// fence rejects tasks that reached this process late: a machine may have slept while Temporal
// had already given up on the task.
type fence struct {
	mu      sync.Mutex
	least   time.Duration // between Temporal's clock and this process's, with the way of a task
	learned time.Time
}

// punctual is how late a task may be without a check.
const punctual = 2 * time.Second

// doubtful reports whether the task may have been on its way for long. It was not if the two
// clocks agree, or differ as much as before. A doubtful task teaches nothing, or others delayed
// with it would seem punctual.
func (f *fence) doubtful(started, entered time.Time) bool {
	apart := entered.Round(0).Sub(started)
	f.mu.Lock()
	doubtful := apart < -punctual || apart > punctual
	if f.known(entered) {
		doubtful = apart-f.least > punctual
	}
	f.mu.Unlock()
	if !doubtful {
		f.learn(started, entered)
	}
	return doubtful
}

// learn learns from a task that was surely not late, or that Temporal has confirmed.
func (f *fence) learn(started, entered time.Time) {
	apart := entered.Round(0).Sub(started)
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.known(entered) || apart < f.least { // never more, or it would creep up with a worker that gets slower
		f.least, f.learned = apart, entered
	}
}

func (f *fence) known(now time.Time) bool {
	return !f.learned.IsZero() && now.Sub(f.learned) < learnedFor
}

// pendingAttempt is what Temporal knows about the activity; nil if this attempt no longer
// counts.
func pendingAttempt(ctx context.Context, c client.Client, info activity.Info) (*workflowpb.PendingActivityInfo, error) {
	described, err := c.DescribeWorkflow(ctx, info.WorkflowExecution.ID, info.WorkflowExecution.RunID)
	if err != nil {
		return nil, err
	}
	for _, pending := range described.RawResponse.GetPendingActivities() {
		if pending.GetActivityId() == info.ActivityID && pending.GetAttempt() == info.Attempt && pending.GetState() != enumspb.PENDING_ACTIVITY_STATE_SCHEDULED {
			return pending, nil
		}
	}
	return nil, nil
}
