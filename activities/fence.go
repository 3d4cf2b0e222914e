package activities

import (
	"context"
	"sync"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
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
// agree, or are as far apart as they were before, it was not.
func (f *fence) doubtful(started, entered time.Time) bool {
	apart := entered.Round(0).Sub(started)
	f.mu.Lock()
	defer f.mu.Unlock()
	known := !f.learned.IsZero() && entered.Sub(f.learned) < learnedFor
	doubtful := apart < -punctual || apart > punctual
	if known {
		doubtful = apart-f.least > punctual
	}
	if !known || apart < f.least || !doubtful {
		f.least, f.learned = apart, entered
	}
	return doubtful
}

// alive asks Temporal whether the activity's attempt still counts.
func alive(ctx context.Context, c client.Client, info activity.Info) (bool, error) {
	described, err := c.DescribeWorkflowExecution(ctx, info.WorkflowExecution.ID, info.WorkflowExecution.RunID)
	if err != nil {
		return false, err
	}
	for _, pending := range described.GetPendingActivities() {
		if pending.GetActivityId() == info.ActivityID {
			return pending.GetAttempt() == info.Attempt && pending.GetState() != enumspb.PENDING_ACTIVITY_STATE_SCHEDULED, nil
		}
	}
	return false, nil
}
