package activities

import (
	"context"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

const (
	// strandedAfter is how long the keeper of an account's limits must have waited for a worker
	// before another one takes its place.
	strandedAfter = time.Minute

	// strandedLooks is the shortest time between two looks at it, and strandedTimeout limits one.
	strandedLooks   = time.Minute
	strandedTimeout = 5 * time.Second
)

// endStranded ends the keeper of an account's limits if its task queue has lost all workers. The
// next run that reports to it starts another one, on a queue that has some.
func (a *Activities) endStranded(ctx context.Context, info activity.Info, account string) {
	if !a.stranded.due(account, strandedLooks) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, strandedTimeout)
	defer cancel()
	c, id := a.client(ctx), wire.KeeperID(account)
	described, err := c.DescribeWorkflow(ctx, id, "")
	if err != nil {
		return // there is none, or Temporal is away
	}
	run, task := described.RawResponse.GetWorkflowExecutionInfo(), described.RawResponse.GetPendingWorkflowTask()
	if run.GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING || task.GetState() != enumspb.PENDING_WORKFLOW_TASK_STATE_SCHEDULED ||
		info.StartedTime.Sub(task.GetScheduledTime().AsTime()) < strandedAfter || polled(ctx, c, run.GetTaskQueue()) {
		return
	}
	reason := "no worker polls the task queue " + run.GetTaskQueue() + "; another workflow keeps the limits of account " + account + " from now on"
	if err := c.TerminateWorkflow(ctx, id, run.GetExecution().GetRunId(), reason); err == nil {
		activity.GetLogger(ctx).Warn("Ended the workflow that kept the account's limits: "+reason, "account", account)
	}
}

// polled reports whether workers have polled a task queue for workflow tasks in the last minutes,
// or may have.
func polled(ctx context.Context, c client.Client, queue string) bool {
	described, err := c.DescribeTaskQueue(ctx, queue, enumspb.TASK_QUEUE_TYPE_WORKFLOW)
	return err != nil || len(described.GetPollers()) > 0
}
