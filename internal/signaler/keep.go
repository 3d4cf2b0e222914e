package signaler

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

const (
	// keepFor is how long a worker has to pick up a kept delivery. After that it remains in the
	// history, as long as the namespace retains it.
	keepFor = 7 * 24 * time.Hour

	// compareFor limits the wait for the delivery that is already kept.
	compareFor = 500 * time.Millisecond
)

// errOpen: a run has started in the meantime.
var errOpen = errors.New("signaler: the workflow has an open run")

// keep starts a workflow that holds the signal, if a rerun may need it. Only verified
// deliveries get here, and a nonce has two slots, so nobody can start many.
func (s *Signaler) keep(ctx context.Context, target wire.Target, signal wire.Signal) error {
	described, err := s.client.DescribeWorkflow(ctx, target.WorkflowID, "")
	if err != nil {
		return classify(err)
	}
	switch info := described.RawResponse.GetWorkflowExecutionInfo(); {
	case isOpen(info.GetStatus()):
		return errOpen
	case !mayRerun(info.GetType().GetName(), info.GetStatus()):
		return wire.ErrNoWorkflow
	}
	for i, id := range wire.DeliveryIDs(target.Nonce) {
		if signal.Hint && i > 0 {
			break // a replayed old delivery must not take the slot of a new one
		}
		if err := s.keepAs(ctx, id, taskQueue(described), signal); !errors.Is(err, errTaken) {
			return err
		}
	}
	return wire.ErrNoWorkflow
}

func isOpen(status enums.WorkflowExecutionStatus) bool {
	return status == enums.WORKFLOW_EXECUTION_STATUS_RUNNING || status == enums.WORKFLOW_EXECUTION_STATUS_PAUSED
}

// mayRerun reports whether a later run may need this one's deliveries. A run that did not
// complete may be re-run, and a pipeline may be in any case.
func mayRerun(workflow string, status enums.WorkflowExecutionStatus) bool {
	const pipeline, items = "wavespeed.Pipeline", "wavespeed.Items"
	return status != enums.WORKFLOW_EXECUTION_STATUS_COMPLETED || workflow == pipeline || workflow == items
}

func taskQueue(described *client.WorkflowExecutionDescription) string {
	return described.RawResponse.GetExecutionConfig().GetTaskQueue().GetName()
}

// errTaken: the slot holds another prediction.
var errTaken = errors.New("signaler: the slot is taken")

// keepAs returns [wire.ErrKept] once the signal's prediction is kept under the id.
func (s *Signaler) keepAs(ctx context.Context, id, queue string, signal wire.Signal) error {
	_, err := s.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                                       id,
		TaskQueue:                                queue,
		WorkflowRunTimeout:                       keepFor,
		WorkflowIDReusePolicy:                    enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
	}, wire.DeliveryName, signal)
	var started *serviceerror.WorkflowExecutionAlreadyStarted
	switch {
	case err == nil:
		return wire.ErrKept
	case !errors.As(err, &started):
		return err
	case s.holds(ctx, id, signal.PredictionID):
		return wire.ErrKept
	default:
		return errTaken
	}
}

// holds reports whether a delivery of this prediction is kept under the id. A delivery that no
// worker has picked up yet can't be read and counts as another one, so it may be kept twice.
func (s *Signaler) holds(ctx context.Context, id, prediction string) bool {
	ctx, cancel := context.WithTimeout(ctx, compareFor)
	defer cancel()
	var kept wire.Signal
	err := s.client.GetWorkflow(ctx, id, "").Get(ctx, &kept)
	return err == nil && kept.PredictionID == prediction
}
