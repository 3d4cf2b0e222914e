package frontend

import (
	"fmt"
	"time"

	commandpb "go.temporal.io/api/command/v1"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	protocolpb "go.temporal.io/api/protocol/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"google.golang.org/protobuf/types/known/durationpb"
)

// closes tells whether one of the commands ends the run.
func closes(commands []*commandpb.Command) bool {
	for _, c := range commands {
		switch c.GetCommandType() {
		case enumspb.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION, enumspb.COMMAND_TYPE_FAIL_WORKFLOW_EXECUTION,
			enumspb.COMMAND_TYPE_CANCEL_WORKFLOW_EXECUTION, enumspb.COMMAND_TYPE_CONTINUE_AS_NEW_WORKFLOW_EXECUTION:
			return true
		}
	}
	return false
}

// command does what the workflow has decided in the task with the completed event.
func (r *Run) command(c *commandpb.Command, completed int64, messages *[]*protocolpb.Message) error {
	switch c.GetCommandType() {
	case enumspb.COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK:
		r.scheduleActivity(c, completed)
	case enumspb.COMMAND_TYPE_REQUEST_CANCEL_ACTIVITY_TASK:
		r.cancelActivity(c.GetRequestCancelActivityTaskCommandAttributes().GetScheduledEventId(), completed)
	case enumspb.COMMAND_TYPE_START_TIMER:
		r.startTimer(c, completed)
	case enumspb.COMMAND_TYPE_CANCEL_TIMER:
		return r.cancelTimer(c.GetCancelTimerCommandAttributes().GetTimerId(), completed)
	case enumspb.COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION:
		r.startChild(c, completed)
	case enumspb.COMMAND_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION:
		r.cancelExternal(c, completed)
	case enumspb.COMMAND_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION:
		r.signalExternal(c, completed)
	case enumspb.COMMAND_TYPE_RECORD_MARKER:
		a := c.GetRecordMarkerCommandAttributes()
		r.addCommand(enumspb.EVENT_TYPE_MARKER_RECORDED, c, &historypb.HistoryEvent_MarkerRecordedEventAttributes{MarkerRecordedEventAttributes: &historypb.MarkerRecordedEventAttributes{
			MarkerName: a.GetMarkerName(), Details: a.GetDetails(), Header: a.GetHeader(), Failure: a.GetFailure(), WorkflowTaskCompletedEventId: completed,
		}})
	case enumspb.COMMAND_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES:
		a := c.GetUpsertWorkflowSearchAttributesCommandAttributes()
		r.addCommand(enumspb.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES, c, &historypb.HistoryEvent_UpsertWorkflowSearchAttributesEventAttributes{UpsertWorkflowSearchAttributesEventAttributes: &historypb.UpsertWorkflowSearchAttributesEventAttributes{
			SearchAttributes: a.GetSearchAttributes(), WorkflowTaskCompletedEventId: completed,
		}})
	case enumspb.COMMAND_TYPE_MODIFY_WORKFLOW_PROPERTIES:
		a := c.GetModifyWorkflowPropertiesCommandAttributes()
		r.addCommand(enumspb.EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED, c, &historypb.HistoryEvent_WorkflowPropertiesModifiedEventAttributes{WorkflowPropertiesModifiedEventAttributes: &historypb.WorkflowPropertiesModifiedEventAttributes{
			UpsertedMemo: a.GetUpsertedMemo(), WorkflowTaskCompletedEventId: completed,
		}})
	case enumspb.COMMAND_TYPE_PROTOCOL_MESSAGE:
		r.protocolMessage(c.GetProtocolMessageCommandAttributes().GetMessageId(), messages)
	case enumspb.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION:
		r.updateReplies(*messages)
		r.addCommand(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED, c, &historypb.HistoryEvent_WorkflowExecutionCompletedEventAttributes{WorkflowExecutionCompletedEventAttributes: &historypb.WorkflowExecutionCompletedEventAttributes{
			Result: c.GetCompleteWorkflowExecutionCommandAttributes().GetResult(), WorkflowTaskCompletedEventId: completed,
		}})
		r.close(enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED)
	case enumspb.COMMAND_TYPE_FAIL_WORKFLOW_EXECUTION:
		r.addCommand(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED, c, &historypb.HistoryEvent_WorkflowExecutionFailedEventAttributes{WorkflowExecutionFailedEventAttributes: &historypb.WorkflowExecutionFailedEventAttributes{
			Failure: c.GetFailWorkflowExecutionCommandAttributes().GetFailure(), WorkflowTaskCompletedEventId: completed, RetryState: enumspb.RETRY_STATE_RETRY_POLICY_NOT_SET,
		}})
		r.close(enumspb.WORKFLOW_EXECUTION_STATUS_FAILED)
	case enumspb.COMMAND_TYPE_CANCEL_WORKFLOW_EXECUTION:
		r.addCommand(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED, c, &historypb.HistoryEvent_WorkflowExecutionCanceledEventAttributes{WorkflowExecutionCanceledEventAttributes: &historypb.WorkflowExecutionCanceledEventAttributes{
			Details: c.GetCancelWorkflowExecutionCommandAttributes().GetDetails(), WorkflowTaskCompletedEventId: completed,
		}})
		r.close(enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED)
	case enumspb.COMMAND_TYPE_CONTINUE_AS_NEW_WORKFLOW_EXECUTION:
		r.continueAsNew(c, completed)
	default:
		return fmt.Errorf("the simulated frontend has no command %v", c.GetCommandType())
	}
	return nil
}

// addCommand writes the event of a command. The attributes are one of the oneof's types,
// which the API does not export an interface for.
func (r *Run) addCommand(kind enumspb.EventType, c *commandpb.Command, attributes any) *historypb.HistoryEvent {
	return r.add(kind, func(e *historypb.HistoryEvent) {
		e.UserMetadata = c.GetUserMetadata()
		setAttributes(e, attributes)
	})
}

func (r *Run) continueAsNew(c *commandpb.Command, completed int64) {
	a := c.GetContinueAsNewWorkflowExecutionCommandAttributes()
	s := r.server
	next := s.newRunID()
	r.addCommand(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW, c, &historypb.HistoryEvent_WorkflowExecutionContinuedAsNewEventAttributes{WorkflowExecutionContinuedAsNewEventAttributes: &historypb.WorkflowExecutionContinuedAsNewEventAttributes{
		NewExecutionRunId: next, WorkflowType: a.GetWorkflowType(), TaskQueue: a.GetTaskQueue(), Input: a.GetInput(), WorkflowTaskCompletedEventId: completed,
		Initiator: a.GetInitiator(), Header: a.GetHeader(), Memo: a.GetMemo(), SearchAttributes: a.GetSearchAttributes(),
	}})
	first := r.History[0].GetWorkflowExecutionStartedEventAttributes()
	begun := &historypb.WorkflowExecutionStartedEventAttributes{
		WorkflowType: a.GetWorkflowType(), TaskQueue: a.GetTaskQueue(), Input: a.GetInput(), Header: a.GetHeader(), Memo: a.GetMemo(), SearchAttributes: a.GetSearchAttributes(),
		ContinuedExecutionRunId: r.RunID, FirstExecutionRunId: first.GetFirstExecutionRunId(), OriginalExecutionRunId: next, Initiator: a.GetInitiator(),
		WorkflowTaskTimeout: first.GetWorkflowTaskTimeout(), WorkflowRunTimeout: first.GetWorkflowRunTimeout(), Attempt: 1, WorkflowId: r.WorkflowID,
		ParentWorkflowNamespace: first.GetParentWorkflowNamespace(), ParentWorkflowExecution: first.GetParentWorkflowExecution(), ParentInitiatedEventId: first.GetParentInitiatedEventId(),
		RootWorkflowExecution: first.GetRootWorkflowExecution(),
	}
	r.close(enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW)
	run := s.newRun(r.WorkflowID, next, a.GetWorkflowType().GetName(), a.GetTaskQueue().GetName())
	run.parent = r.parent
	run.begin(begun)
}

func queueOf(name string) *taskqueuepb.TaskQueue {
	return &taskqueuepb.TaskQueue{Name: name, Kind: enumspb.TASK_QUEUE_KIND_NORMAL}
}

func workflowType(name string) *commonpb.WorkflowType { return &commonpb.WorkflowType{Name: name} }

func duration(d time.Duration) *durationpb.Duration { return durationpb.New(d) }
