package frontend

import (
	"fmt"

	historypb "go.temporal.io/api/history/v1"
)

// setAttributes fills an event's oneof, whose interface the API keeps to itself.
func setAttributes(e *historypb.HistoryEvent, attributes any) {
	switch a := attributes.(type) {
	case *historypb.HistoryEvent_MarkerRecordedEventAttributes:
		e.Attributes = a
	case *historypb.HistoryEvent_UpsertWorkflowSearchAttributesEventAttributes:
		e.Attributes = a
	case *historypb.HistoryEvent_WorkflowPropertiesModifiedEventAttributes:
		e.Attributes = a
	case *historypb.HistoryEvent_WorkflowExecutionCompletedEventAttributes:
		e.Attributes = a
	case *historypb.HistoryEvent_WorkflowExecutionFailedEventAttributes:
		e.Attributes = a
	case *historypb.HistoryEvent_WorkflowExecutionCanceledEventAttributes:
		e.Attributes = a
	case *historypb.HistoryEvent_WorkflowExecutionContinuedAsNewEventAttributes:
		e.Attributes = a
	case *historypb.HistoryEvent_ActivityTaskScheduledEventAttributes:
		e.Attributes = a
	case *historypb.HistoryEvent_TimerStartedEventAttributes:
		e.Attributes = a
	case *historypb.HistoryEvent_StartChildWorkflowExecutionInitiatedEventAttributes:
		e.Attributes = a
	case *historypb.HistoryEvent_RequestCancelExternalWorkflowExecutionInitiatedEventAttributes:
		e.Attributes = a
	case *historypb.HistoryEvent_SignalExternalWorkflowExecutionInitiatedEventAttributes:
		e.Attributes = a
	default:
		panic(fmt.Sprintf("frontend: no event of %T", attributes))
	}
}
