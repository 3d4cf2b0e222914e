package frontend

import (
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// workflowTaskTimeout is the server's default.
const workflowTaskTimeout = 10 * time.Second

// workflowTask is the one that is scheduled or runs; a run has one at most.
type workflowTask struct {
	scheduled, started int64 // events; started is 0 before a worker has it
	at                 time.Time
}

// schedule has a worker look at the run, unless one is about to.
func (r *Run) schedule() {
	if r.task != nil || !r.Running() {
		return
	}
	e := r.add(enumspb.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, func(e *historypb.HistoryEvent) {
		e.Attributes = &historypb.HistoryEvent_WorkflowTaskScheduledEventAttributes{WorkflowTaskScheduledEventAttributes: &historypb.WorkflowTaskScheduledEventAttributes{
			TaskQueue: queueOf(r.taskQueue), Attempt: r.attempt,
		}}
	})
	t := &workflowTask{scheduled: e.EventId, at: time.Now()}
	r.task = t
	r.server.queue("workflow", r.taskQueue).offer(&queued{
		stale: func() bool { return r.task != t },
		start: func(c *Call) { r.startTask(t, c) },
	})
}

func (r *Run) startTask(t *workflowTask, c *Call) {
	e := r.add(enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED, func(e *historypb.HistoryEvent) {
		e.Attributes = &historypb.HistoryEvent_WorkflowTaskStartedEventAttributes{WorkflowTaskStartedEventAttributes: &historypb.WorkflowTaskStartedEventAttributes{
			ScheduledEventId: t.scheduled, Identity: c.Process,
		}}
	})
	t.started = e.EventId
	reply := c.Reply.(*workflowservice.PollWorkflowTaskQueueResponse)
	reply.TaskToken = r.taskToken(t)
	reply.PreviousStartedEventId, reply.StartedEventId, reply.Attempt = r.previous, t.started, r.attempt
	reply.ScheduledTime, reply.StartedTime = timestamppb.New(t.at), timestamppb.Now()
	reply.Messages = r.updateMessages()
	r.describeTo(reply)
	r.server.host.Note("workflow task of %s/%s to %s, %d events", r.WorkflowID, short(r.RunID), c.Process, len(r.History))
	r.server.host.After(workflowTaskTimeout, func() {
		if r.task == t {
			r.taskTimedOut(t)
		}
	})
	c.Answer(nil)
}

func (r *Run) describeTo(reply *workflowservice.PollWorkflowTaskQueueResponse) {
	reply.WorkflowExecution = r.execution()
	reply.WorkflowType = workflowType(r.Type)
	reply.WorkflowExecutionTaskQueue = queueOf(r.taskQueue)
	reply.History = &historypb.History{Events: r.History[:len(r.History):len(r.History)]}
}

func (r *Run) taskToken(t *workflowTask) []byte {
	return fmt.Appendf(nil, "%s/%s/%d", r.WorkflowID, r.RunID, t.started)
}

// byTaskToken is the run whose running workflow task has the token.
func (s *Server) byTaskToken(token []byte) (*Run, error) {
	for _, runs := range s.runs {
		for _, r := range runs {
			if r.task != nil && r.task.started != 0 && string(r.taskToken(r.task)) == string(token) {
				return r, nil
			}
		}
	}
	return nil, serviceerror.NewNotFound("Workflow task not found.")
}

func (r *Run) taskTimedOut(t *workflowTask) {
	r.add(enumspb.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT, func(e *historypb.HistoryEvent) {
		e.Attributes = &historypb.HistoryEvent_WorkflowTaskTimedOutEventAttributes{WorkflowTaskTimedOutEventAttributes: &historypb.WorkflowTaskTimedOutEventAttributes{
			ScheduledEventId: t.scheduled, StartedEventId: t.started, TimeoutType: enumspb.TIMEOUT_TYPE_START_TO_CLOSE,
		}}
	})
	r.server.host.Note("workflow task of %s/%s timed out", r.WorkflowID, short(r.RunID))
	r.taskAgain()
}

// taskAgain is after a workflow task that came to nothing.
func (r *Run) taskAgain() {
	r.task = nil
	r.attempt++
	r.resendUpdates()
	r.flush()
	r.schedule()
	r.runQueries()
}

func (r *Run) addTaskFailed(t *workflowTask, cause enumspb.WorkflowTaskFailedCause, failure *failurepb.Failure) {
	r.add(enumspb.EVENT_TYPE_WORKFLOW_TASK_FAILED, func(e *historypb.HistoryEvent) {
		e.Attributes = &historypb.HistoryEvent_WorkflowTaskFailedEventAttributes{WorkflowTaskFailedEventAttributes: &historypb.WorkflowTaskFailedEventAttributes{
			ScheduledEventId: t.scheduled, StartedEventId: t.started, Cause: cause, Failure: failure,
		}}
	})
}

func (s *Server) workflowTaskFailed(request *workflowservice.RespondWorkflowTaskFailedRequest) error {
	r, err := s.byTaskToken(request.GetTaskToken())
	if err != nil {
		return err
	}
	failure := fmt.Sprintf("%s/%s: %v: %s", r.WorkflowID, r.RunID, request.GetCause(), request.GetFailure().GetMessage())
	s.Failures = append(s.Failures, failure)
	s.host.Note("workflow task failed: %s", failure)
	r.addTaskFailed(r.task, request.GetCause(), request.GetFailure())
	// A task that fails for good would be tried again for ever, at once.
	t := r.task
	s.host.After(time.Duration(min(r.attempt, 60))*time.Second, func() {
		if r.task == t {
			r.taskAgain()
		}
	})
	return nil
}

func (s *Server) workflowTaskCompleted(process string, request *workflowservice.RespondWorkflowTaskCompletedRequest) error {
	r, err := s.byTaskToken(request.GetTaskToken())
	if err != nil {
		return err
	}
	t := r.task
	if closes(request.GetCommands()) && (len(r.buffered) > 0 || r.unsentUpdates()) {
		r.addTaskFailed(t, enumspb.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND, nil)
		s.host.Note("workflow task of %s/%s: unhandled command", r.WorkflowID, short(r.RunID))
		r.taskAgain()
		r.attempt = 1
		return serviceerror.NewInvalidArgument("UnhandledCommand")
	}
	completed := r.add(enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED, func(e *historypb.HistoryEvent) {
		e.Attributes = &historypb.HistoryEvent_WorkflowTaskCompletedEventAttributes{WorkflowTaskCompletedEventAttributes: &historypb.WorkflowTaskCompletedEventAttributes{
			ScheduledEventId: t.scheduled, StartedEventId: t.started, Identity: process, SdkMetadata: request.GetSdkMetadata(), MeteringMetadata: request.GetMeteringMetadata(),
		}}
	})
	r.previous, r.attempt, r.task = t.started, 1, nil
	messages := request.GetMessages()
	r.deciding = true
	for _, command := range request.GetCommands() {
		s.host.Note("%s/%s decides: %v", r.WorkflowID, short(r.RunID), command.GetCommandType())
		if err := r.command(command, completed.EventId, &messages); err != nil {
			s.Failures = append(s.Failures, fmt.Sprintf("%s/%s: %v", r.WorkflowID, r.RunID, err))
			r.deciding = false
			return err
		}
	}
	r.deciding = false
	r.updateReplies(messages)
	if r.Running() && (r.flush() || request.GetForceCreateNewWorkflowTask() || r.unsentUpdates()) {
		r.schedule()
	}
	r.runQueries()
	return nil
}
