package signaler

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
)

const (
	// keepFor is how long a worker has to take up a delivery that is kept. Then it is
	// history, for as long as the namespace retains it.
	keepFor = 7 * 24 * time.Hour

	// compareFor bounds the wait for the delivery that is kept already.
	compareFor = 500 * time.Millisecond
)

// errOpen: a run has started meanwhile.
var errOpen = errors.New("signaler: the workflow has an open run")

// keep starts a workflow that holds the signal, where a rerun may ask for it. Only verified
// deliveries come here, and a nonce has two places: nobody can start many.
func (s *Signaler) keep(ctx context.Context, target wire.Target, signal wire.Signal) error {
	described, err := s.client.DescribeWorkflowExecution(ctx, target.WorkflowID, "")
	if err != nil {
		return classify(err)
	}
	switch info := described.GetWorkflowExecutionInfo(); {
	case isOpen(info.GetStatus()):
		return errOpen
	case !mayRerun(info.GetType().GetName(), info.GetStatus()):
		return webhook.ErrNoWorkflow
	}
	for i, id := range wire.DeliveryIDs(target.Nonce) {
		if signal.Hint && i > 0 {
			break // an old delivery, sent again by anybody, takes no place from a new one
		}
		if err := s.keepAs(ctx, id, taskQueue(described), signal); !errors.Is(err, errTaken) {
			return err
		}
	}
	return webhook.ErrNoWorkflow
}

func isOpen(status enums.WorkflowExecutionStatus) bool {
	return status == enums.WORKFLOW_EXECUTION_STATUS_RUNNING || status == enums.WORKFLOW_EXECUTION_STATUS_PAUSED
}

// mayRerun tells whether a later run may ask for this one's deliveries: one that did not
// complete may be run again, and a pipeline may be in any case.
func mayRerun(workflow string, status enums.WorkflowExecutionStatus) bool {
	const pipeline, items = "wavespeed.Pipeline", "wavespeed.Items"
	return status != enums.WORKFLOW_EXECUTION_STATUS_COMPLETED || workflow == pipeline || workflow == items
}

func taskQueue(described *workflowservice.DescribeWorkflowExecutionResponse) string {
	return described.GetExecutionConfig().GetTaskQueue().GetName()
}

// errTaken: the place holds another prediction.
var errTaken = errors.New("signaler: the place is taken")

// keepAs returns [webhook.ErrKept] once the signal's prediction is kept under the id.
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
		return webhook.ErrKept
	case !errors.As(err, &started):
		return err
	case s.holds(ctx, id, signal.PredictionID):
		return webhook.ErrKept
	default:
		return errTaken
	}
}

// holds tells whether a delivery of this prediction is kept under the id. One that no
// worker has taken up yet can't be read, and counts as another: then there are two of one.
func (s *Signaler) holds(ctx context.Context, id, prediction string) bool {
	ctx, cancel := context.WithTimeout(ctx, compareFor)
	defer cancel()
	var kept wire.Signal
	err := s.client.GetWorkflow(ctx, id, "").Get(ctx, &kept)
	return err == nil && kept.PredictionID == prediction
}
