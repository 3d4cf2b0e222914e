package frontend

import (
	"slices"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
)

// Namespace is the only one.
const Namespace = "default"

func (s *Server) start(request *workflowservice.StartWorkflowExecutionRequest, reply *workflowservice.StartWorkflowExecutionResponse) error {
	runs := s.runs[request.GetWorkflowId()]
	if len(runs) > 0 {
		last := runs[len(runs)-1]
		switch {
		case last.Running() && request.GetWorkflowIdConflictPolicy() == enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING:
			reply.RunId = last.RunID
			return nil
		case last.Running(), request.GetWorkflowIdReusePolicy() == enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE:
			return serviceerror.NewWorkflowExecutionAlreadyStarted("Workflow execution is already running or was", request.GetRequestId(), last.RunID)
		}
	}
	r := s.newRun(request.GetWorkflowId(), s.newRunID(), request.GetWorkflowType().GetName(), request.GetTaskQueue().GetName())
	r.begin(&historypb.WorkflowExecutionStartedEventAttributes{
		WorkflowType: request.GetWorkflowType(), TaskQueue: request.GetTaskQueue(), Input: request.GetInput(), Header: request.GetHeader(),
		Memo: request.GetMemo(), SearchAttributes: request.GetSearchAttributes(), Identity: request.GetIdentity(),
		OriginalExecutionRunId: r.RunID, FirstExecutionRunId: r.RunID, Attempt: 1, WorkflowId: r.WorkflowID,
		WorkflowTaskTimeout: duration(workflowTaskTimeout),
	})
	reply.RunId, reply.Started = r.RunID, true
	return nil
}

func (r *Run) begin(a *historypb.WorkflowExecutionStartedEventAttributes) {
	r.add(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED, func(e *historypb.HistoryEvent) {
		e.Attributes = &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{WorkflowExecutionStartedEventAttributes: a}
	})
	r.server.host.Note("%s/%s begins", r.WorkflowID, short(r.RunID))
	r.schedule()
}

func (s *Server) signal(request *workflowservice.SignalWorkflowExecutionRequest) error {
	r, err := s.find(request.GetWorkflowExecution())
	if err != nil {
		return err
	}
	if id := request.GetRequestId(); id != "" && r.seen[id] {
		return nil
	}
	if !r.Running() {
		return serviceerror.NewNotFound("workflow execution already completed")
	}
	r.seen[request.GetRequestId()] = true
	r.signaled(&historypb.WorkflowExecutionSignaledEventAttributes{
		SignalName: request.GetSignalName(), Input: request.GetInput(), Identity: request.GetIdentity(), Header: request.GetHeader(),
	})
	return nil
}

func (r *Run) signaled(a *historypb.WorkflowExecutionSignaledEventAttributes) {
	r.server.host.Note("%s/%s is signaled: %s", r.WorkflowID, short(r.RunID), a.GetSignalName())
	r.happen(func() { r.addSignal(a) })
}

func (r *Run) addSignal(a *historypb.WorkflowExecutionSignaledEventAttributes) {
	r.add(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED, func(e *historypb.HistoryEvent) {
		e.Attributes = &historypb.HistoryEvent_WorkflowExecutionSignaledEventAttributes{WorkflowExecutionSignaledEventAttributes: a}
	})
}

func (s *Server) signalWithStart(request *workflowservice.SignalWithStartWorkflowExecutionRequest, reply *workflowservice.SignalWithStartWorkflowExecutionResponse) error {
	var started workflowservice.StartWorkflowExecutionResponse
	err := s.start(&workflowservice.StartWorkflowExecutionRequest{
		WorkflowId: request.GetWorkflowId(), WorkflowType: request.GetWorkflowType(), TaskQueue: request.GetTaskQueue(), Input: request.GetInput(),
		Header: request.GetHeader(), Memo: request.GetMemo(), SearchAttributes: request.GetSearchAttributes(),
		WorkflowIdReusePolicy: request.GetWorkflowIdReusePolicy(), WorkflowIdConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
	}, &started)
	if err != nil {
		return err
	}
	reply.RunId, reply.Started = started.GetRunId(), started.GetStarted()
	return s.signal(&workflowservice.SignalWorkflowExecutionRequest{
		WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: request.GetWorkflowId(), RunId: started.GetRunId()},
		SignalName:        request.GetSignalName(), Input: request.GetSignalInput(), RequestId: request.GetRequestId(),
	})
}

func (s *Server) requestCancel(request *workflowservice.RequestCancelWorkflowExecutionRequest) error {
	r, err := s.findRunning(request.GetWorkflowExecution())
	if err != nil || r.canceling {
		return err
	}
	r.cancel()
	return nil
}

func (r *Run) cancel() {
	if r.canceling {
		return
	}
	r.canceling = true
	r.server.host.Note("%s/%s is to be canceled", r.WorkflowID, short(r.RunID))
	r.happen(func() {
		r.add(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED, func(e *historypb.HistoryEvent) {
			e.Attributes = &historypb.HistoryEvent_WorkflowExecutionCancelRequestedEventAttributes{WorkflowExecutionCancelRequestedEventAttributes: &historypb.WorkflowExecutionCancelRequestedEventAttributes{}}
		})
	})
}

func (s *Server) terminate(request *workflowservice.TerminateWorkflowExecutionRequest) error {
	r, err := s.findRunning(request.GetWorkflowExecution())
	if err != nil {
		return err
	}
	r.terminate(request.GetReason())
	return nil
}

// terminate ends the run at once, whatever runs.
func (r *Run) terminate(reason string) {
	if t := r.task; t != nil && t.started != 0 {
		r.addTaskFailed(t, enumspb.WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND, nil)
	}
	r.flush()
	r.add(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED, func(e *historypb.HistoryEvent) {
		e.Attributes = &historypb.HistoryEvent_WorkflowExecutionTerminatedEventAttributes{WorkflowExecutionTerminatedEventAttributes: &historypb.WorkflowExecutionTerminatedEventAttributes{Reason: reason}}
	})
	r.close(enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED)
}

// history answers at once, or once the run has ended if the caller waits for that.
func (s *Server) history(c *Call, request *workflowservice.GetWorkflowExecutionHistoryRequest) {
	r, err := s.find(request.GetExecution())
	switch {
	case err != nil:
		c.Answer(err)
	case request.GetWaitNewEvent() && r.Running():
		r.waiters = append(r.waiters, c)
	default:
		s.answerHistory(c, r)
	}
}

func (s *Server) answerHistory(c *Call, r *Run) {
	events := slices.Clip(r.History)
	if c.Request.(*workflowservice.GetWorkflowExecutionHistoryRequest).GetHistoryEventFilterType() == enumspb.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT {
		events = events[len(events)-1:]
	}
	c.Reply.(*workflowservice.GetWorkflowExecutionHistoryResponse).History = &historypb.History{Events: events}
	c.Answer(nil)
}

func (s *Server) historyReverse(c *Call, request *workflowservice.GetWorkflowExecutionHistoryReverseRequest) error {
	r, err := s.find(request.GetExecution())
	if err != nil {
		return err
	}
	events := slices.Clone(r.History)
	slices.Reverse(events)
	c.Reply.(*workflowservice.GetWorkflowExecutionHistoryReverseResponse).History = &historypb.History{Events: events}
	return nil
}

// Started is when the run began.
func (r *Run) Started() time.Time { return r.History[0].GetEventTime().AsTime() }
