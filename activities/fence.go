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

// fence keeps a task that reached this process late from being worked on: a machine may
// have slept while Temporal had already given the task up.
type fence struct {
	mu      sync.Mutex
	least   time.Duration // between Temporal's clock and this process's, with the way of a task
	learned time.Time
}

// punctual is how late a task may be without being asked about.
const punctual = 2 * time.Second

// doubtful tells whether the task may have been long on its way. Where the two clocks
// agree, or are as far apart as they were before, it was not. A task that is in doubt teaches
// nothing, or those that were held up with it would seem to be punctual.
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

// learn takes in a task that was surely not late, or of which Temporal has said that it
// still counts.
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

// pendingAttempt is what Temporal knows of the activity; nil if this attempt of it does not
// count any more.
func pendingAttempt(ctx context.Context, c client.Client, info activity.Info) (*workflowpb.PendingActivityInfo, error) {
	described, err := c.DescribeWorkflowExecution(ctx, info.WorkflowExecution.ID, info.WorkflowExecution.RunID)
	if err != nil {
		return nil, err
	}
	for _, pending := range described.GetPendingActivities() {
		if pending.GetActivityId() == info.ActivityID && pending.GetAttempt() == info.Attempt && pending.GetState() != enumspb.PENDING_ACTIVITY_STATE_SCHEDULED {
			return pending, nil
		}
	}
	return nil, nil
}
