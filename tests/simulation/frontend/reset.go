package frontend

import (
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
)

// reset begins a run that shares its history up to a workflow task with another, which it
// ends. Activities that had not ended at that point are started again under the new run's
// id, and signals from after it are written again.
func (s *Server) reset(request *workflowservice.ResetWorkflowExecutionRequest, reply *workflowservice.ResetWorkflowExecutionResponse) error {
	base, err := s.find(request.GetWorkflowExecution())
	if err != nil {
		return err
	}
	finish := request.GetWorkflowTaskFinishEventId()
	if finish < 3 || finish > int64(len(base.History)) || base.History[finish-2].GetEventType() != enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED {
		return serviceerror.NewInvalidArgument(fmt.Sprintf("event %d does not end a workflow task", finish))
	}
	again := base.signalsFrom(finish)
	if current := s.runs[base.WorkflowID][len(s.runs[base.WorkflowID])-1]; current.Running() {
		current.terminate("by reset")
		if current == base { // what was buffered has just been written
			again = base.signalsFrom(finish)
		}
	}
	r := s.newRun(base.WorkflowID, s.newRunID(), base.Type, base.taskQueue)
	r.parent = base.parent
	r.History = append(r.History, base.History[:finish-1]...)
	reply.RunId = r.RunID
	s.host.Note("%s/%s is reset to event %d of %s", r.WorkflowID, short(r.RunID), finish, short(base.RunID))
	scheduled := r.rebuild()
	started := r.History[finish-2]
	r.add(enumspb.EVENT_TYPE_WORKFLOW_TASK_FAILED, func(e *historypb.HistoryEvent) {
		e.Attributes = &historypb.HistoryEvent_WorkflowTaskFailedEventAttributes{WorkflowTaskFailedEventAttributes: &historypb.WorkflowTaskFailedEventAttributes{
			ScheduledEventId: started.GetWorkflowTaskStartedEventAttributes().GetScheduledEventId(), StartedEventId: started.GetEventId(),
			Cause:     enumspb.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW,
			Failure:   &failurepb.Failure{Message: request.GetReason(), FailureInfo: &failurepb.Failure_ResetWorkflowFailureInfo{ResetWorkflowFailureInfo: &failurepb.ResetWorkflowFailureInfo{}}},
			BaseRunId: base.RunID, NewRunId: r.RunID,
		}}
	})
	for _, signal := range again {
		r.addSignal(signal)
	}
	for _, e := range scheduled {
		r.runActivity(e)
	}
	r.schedule()
	return nil
}

// signalsFrom are the signals of a run from an event on, and of those that it continued as.
func (r *Run) signalsFrom(event int64) (signals []*historypb.WorkflowExecutionSignaledEventAttributes) {
	for _, e := range r.History[event-1:] {
		switch e.GetEventType() {
		case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
			signals = append(signals, e.GetWorkflowExecutionSignaledEventAttributes())
		case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW:
			for _, next := range r.server.runs[r.WorkflowID] {
				if next.RunID == e.GetWorkflowExecutionContinuedAsNewEventAttributes().GetNewExecutionRunId() {
					signals = append(signals, next.signalsFrom(1)...)
				}
			}
		}
	}
	return signals
}

// rebuild takes from the history what runs: timers, children, and the activities that are
// to be started, which it returns.
func (r *Run) rebuild() []*historypb.HistoryEvent {
	activities := make(map[int64]*historypb.HistoryEvent)
	timers := make(map[string]*historypb.HistoryEvent)
	children := make(map[int64]*historypb.HistoryEvent)
	childStarted := make(map[int64]int64)
	for _, e := range r.History {
		switch e.GetEventType() {
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
			activities[e.GetEventId()] = e
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
			delete(activities, e.GetActivityTaskCompletedEventAttributes().GetScheduledEventId())
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_FAILED:
			delete(activities, e.GetActivityTaskFailedEventAttributes().GetScheduledEventId())
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT:
			delete(activities, e.GetActivityTaskTimedOutEventAttributes().GetScheduledEventId())
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_CANCELED:
			delete(activities, e.GetActivityTaskCanceledEventAttributes().GetScheduledEventId())
		case enumspb.EVENT_TYPE_TIMER_STARTED:
			timers[e.GetTimerStartedEventAttributes().GetTimerId()] = e
		case enumspb.EVENT_TYPE_TIMER_FIRED:
			delete(timers, e.GetTimerFiredEventAttributes().GetTimerId())
		case enumspb.EVENT_TYPE_TIMER_CANCELED:
			delete(timers, e.GetTimerCanceledEventAttributes().GetTimerId())
		case enumspb.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED:
			children[e.GetEventId()] = e
		case enumspb.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED:
			childStarted[e.GetChildWorkflowExecutionStartedEventAttributes().GetInitiatedEventId()] = e.GetEventId()
		case enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
			r.previous = e.GetWorkflowTaskCompletedEventAttributes().GetStartedEventId()
		case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED:
			r.canceling = true
		}
	}
	for _, id := range sortedKeys(timers) {
		r.runTimer(id, timers[id])
	}
	if len(children) > 0 || len(childStarted) > 0 {
		r.server.host.Note("children of %s are not followed after a reset", r.WorkflowID)
	}
	scheduled := make([]*historypb.HistoryEvent, 0, len(activities))
	for _, id := range sortedKeys(activities) {
		scheduled = append(scheduled, activities[id])
	}
	return scheduled
}
