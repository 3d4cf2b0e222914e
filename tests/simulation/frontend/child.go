package frontend

import (
	commandpb "go.temporal.io/api/command/v1"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
)

// child is one that a run has started and that has not ended.
type child struct {
	workflowID string
	policy     enumspb.ParentClosePolicy
}

// parentLink is where a child's end is written.
type parentLink struct {
	run       *Run
	initiated int64
	started   int64
}

func (r *Run) startChild(c *commandpb.Command, completed int64) {
	a := c.GetStartChildWorkflowExecutionCommandAttributes()
	e := r.addCommand(enumspb.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED, c, &historypb.HistoryEvent_StartChildWorkflowExecutionInitiatedEventAttributes{StartChildWorkflowExecutionInitiatedEventAttributes: &historypb.StartChildWorkflowExecutionInitiatedEventAttributes{
		WorkflowId: a.GetWorkflowId(), WorkflowType: a.GetWorkflowType(), TaskQueue: a.GetTaskQueue(), Input: a.GetInput(),
		WorkflowExecutionTimeout: a.GetWorkflowExecutionTimeout(), WorkflowRunTimeout: a.GetWorkflowRunTimeout(), WorkflowTaskTimeout: a.GetWorkflowTaskTimeout(),
		ParentClosePolicy: a.GetParentClosePolicy(), WorkflowTaskCompletedEventId: completed, WorkflowIdReusePolicy: a.GetWorkflowIdReusePolicy(),
		RetryPolicy: a.GetRetryPolicy(), Header: a.GetHeader(), Memo: a.GetMemo(), SearchAttributes: a.GetSearchAttributes(), Priority: a.GetPriority(),
	}})
	r.children[e.EventId] = &child{workflowID: a.GetWorkflowId(), policy: a.GetParentClosePolicy()}
	r.server.host.After(r.server.host.Dispatch(), func() { r.beginChild(e) })
}

func (r *Run) beginChild(initiated *historypb.HistoryEvent) {
	a := initiated.GetStartChildWorkflowExecutionInitiatedEventAttributes()
	id := initiated.GetEventId()
	if !r.Running() || r.children[id] == nil {
		return
	}
	s := r.server
	if runs := s.runs[a.GetWorkflowId()]; len(runs) > 0 && runs[len(runs)-1].Running() {
		delete(r.children, id)
		r.happen(func() {
			r.add(enumspb.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_FAILED, func(e *historypb.HistoryEvent) {
				e.Attributes = &historypb.HistoryEvent_StartChildWorkflowExecutionFailedEventAttributes{StartChildWorkflowExecutionFailedEventAttributes: &historypb.StartChildWorkflowExecutionFailedEventAttributes{
					Namespace: Namespace, WorkflowId: a.GetWorkflowId(), WorkflowType: a.GetWorkflowType(), InitiatedEventId: id,
					WorkflowTaskCompletedEventId: a.GetWorkflowTaskCompletedEventId(), Cause: enumspb.START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_WORKFLOW_ALREADY_EXISTS,
				}}
			})
		})
		return
	}
	begun := s.newRun(a.GetWorkflowId(), s.newRunID(), a.GetWorkflowType().GetName(), a.GetTaskQueue().GetName())
	link := &parentLink{run: r, initiated: id}
	begun.parent = link
	r.happen(func() {
		link.started = r.add(enumspb.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED, func(e *historypb.HistoryEvent) {
			e.Attributes = &historypb.HistoryEvent_ChildWorkflowExecutionStartedEventAttributes{ChildWorkflowExecutionStartedEventAttributes: &historypb.ChildWorkflowExecutionStartedEventAttributes{
				Namespace: Namespace, InitiatedEventId: id, WorkflowExecution: begun.execution(), WorkflowType: a.GetWorkflowType(), Header: a.GetHeader(),
			}}
		}).GetEventId()
	})
	begun.begin(&historypb.WorkflowExecutionStartedEventAttributes{
		WorkflowType: a.GetWorkflowType(), TaskQueue: a.GetTaskQueue(), Input: a.GetInput(), Header: a.GetHeader(), Memo: a.GetMemo(), SearchAttributes: a.GetSearchAttributes(),
		ParentWorkflowNamespace: Namespace, ParentWorkflowExecution: r.execution(), ParentInitiatedEventId: id, RootWorkflowExecution: r.execution(),
		OriginalExecutionRunId: begun.RunID, FirstExecutionRunId: begun.RunID, Attempt: 1, WorkflowId: begun.WorkflowID, WorkflowTaskTimeout: duration(workflowTaskTimeout),
	})
}

// ended tells the parent how the child ended, with the child's last event.
func (p *parentLink) ended(r *Run, last *historypb.HistoryEvent) {
	if !p.run.Running() || p.run.children[p.initiated] == nil {
		return
	}
	delete(p.run.children, p.initiated)
	execution, kind := r.execution(), workflowType(r.Type)
	p.run.happen(func() {
		switch last.GetEventType() {
		case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED:
			p.run.add(enumspb.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED, func(e *historypb.HistoryEvent) {
				e.Attributes = &historypb.HistoryEvent_ChildWorkflowExecutionCompletedEventAttributes{ChildWorkflowExecutionCompletedEventAttributes: &historypb.ChildWorkflowExecutionCompletedEventAttributes{
					Result: last.GetWorkflowExecutionCompletedEventAttributes().GetResult(), Namespace: Namespace, WorkflowExecution: execution, WorkflowType: kind, InitiatedEventId: p.initiated, StartedEventId: p.started,
				}}
			})
		case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED:
			p.run.add(enumspb.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_FAILED, func(e *historypb.HistoryEvent) {
				e.Attributes = &historypb.HistoryEvent_ChildWorkflowExecutionFailedEventAttributes{ChildWorkflowExecutionFailedEventAttributes: &historypb.ChildWorkflowExecutionFailedEventAttributes{
					Failure: last.GetWorkflowExecutionFailedEventAttributes().GetFailure(), Namespace: Namespace, WorkflowExecution: execution, WorkflowType: kind, InitiatedEventId: p.initiated, StartedEventId: p.started,
					RetryState: enumspb.RETRY_STATE_RETRY_POLICY_NOT_SET,
				}}
			})
		case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED:
			p.run.add(enumspb.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_CANCELED, func(e *historypb.HistoryEvent) {
				e.Attributes = &historypb.HistoryEvent_ChildWorkflowExecutionCanceledEventAttributes{ChildWorkflowExecutionCanceledEventAttributes: &historypb.ChildWorkflowExecutionCanceledEventAttributes{
					Details: last.GetWorkflowExecutionCanceledEventAttributes().GetDetails(), Namespace: Namespace, WorkflowExecution: execution, WorkflowType: kind, InitiatedEventId: p.initiated, StartedEventId: p.started,
				}}
			})
		default:
			p.run.add(enumspb.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TERMINATED, func(e *historypb.HistoryEvent) {
				e.Attributes = &historypb.HistoryEvent_ChildWorkflowExecutionTerminatedEventAttributes{ChildWorkflowExecutionTerminatedEventAttributes: &historypb.ChildWorkflowExecutionTerminatedEventAttributes{
					Namespace: Namespace, WorkflowExecution: execution, WorkflowType: kind, InitiatedEventId: p.initiated, StartedEventId: p.started,
				}}
			})
		}
	})
}

// closeChildren does to a run's children what their policies say.
func (r *Run) closeChildren() {
	if r.Status == enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW {
		return
	}
	for _, id := range sortedKeys(r.children) {
		c := r.children[id]
		running, err := r.server.findRunning(&commonpb.WorkflowExecution{WorkflowId: c.workflowID})
		if err != nil || running.parent == nil || running.parent.run != r {
			continue
		}
		switch c.policy {
		case enumspb.PARENT_CLOSE_POLICY_ABANDON:
		case enumspb.PARENT_CLOSE_POLICY_REQUEST_CANCEL:
			running.cancel()
		default:
			running.terminate("by parent close policy")
		}
	}
}

func (r *Run) cancelExternal(c *commandpb.Command, completed int64) {
	a := c.GetRequestCancelExternalWorkflowExecutionCommandAttributes()
	execution := &commonpb.WorkflowExecution{WorkflowId: a.GetWorkflowId(), RunId: a.GetRunId()}
	e := r.addCommand(enumspb.EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED, c, &historypb.HistoryEvent_RequestCancelExternalWorkflowExecutionInitiatedEventAttributes{RequestCancelExternalWorkflowExecutionInitiatedEventAttributes: &historypb.RequestCancelExternalWorkflowExecutionInitiatedEventAttributes{
		WorkflowTaskCompletedEventId: completed, WorkflowExecution: execution, ChildWorkflowOnly: a.GetChildWorkflowOnly(), Reason: a.GetReason(),
	}})
	r.server.host.After(r.server.host.Dispatch(), func() {
		if !r.Running() {
			return
		}
		other, err := r.server.findRunning(execution)
		if err != nil {
			r.happen(func() {
				r.add(enumspb.EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED, func(f *historypb.HistoryEvent) {
					f.Attributes = &historypb.HistoryEvent_RequestCancelExternalWorkflowExecutionFailedEventAttributes{RequestCancelExternalWorkflowExecutionFailedEventAttributes: &historypb.RequestCancelExternalWorkflowExecutionFailedEventAttributes{
						Namespace: Namespace, WorkflowExecution: execution, InitiatedEventId: e.GetEventId(), WorkflowTaskCompletedEventId: completed,
						Cause: enumspb.CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND,
					}}
				})
			})
			return
		}
		other.cancel()
		r.happen(func() {
			r.add(enumspb.EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_CANCEL_REQUESTED, func(f *historypb.HistoryEvent) {
				f.Attributes = &historypb.HistoryEvent_ExternalWorkflowExecutionCancelRequestedEventAttributes{ExternalWorkflowExecutionCancelRequestedEventAttributes: &historypb.ExternalWorkflowExecutionCancelRequestedEventAttributes{
					InitiatedEventId: e.GetEventId(), Namespace: Namespace, WorkflowExecution: execution,
				}}
			})
		})
	})
}

func (r *Run) signalExternal(c *commandpb.Command, completed int64) {
	a := c.GetSignalExternalWorkflowExecutionCommandAttributes()
	e := r.addCommand(enumspb.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED, c, &historypb.HistoryEvent_SignalExternalWorkflowExecutionInitiatedEventAttributes{SignalExternalWorkflowExecutionInitiatedEventAttributes: &historypb.SignalExternalWorkflowExecutionInitiatedEventAttributes{
		//lint:ignore SA1019 The SDK goes by it.
		WorkflowTaskCompletedEventId: completed, Namespace: Namespace, WorkflowExecution: a.GetExecution(), SignalName: a.GetSignalName(), Input: a.GetInput(), Header: a.GetHeader(), ChildWorkflowOnly: a.GetChildWorkflowOnly(), Control: a.GetControl(),
	}})
	r.server.host.After(r.server.host.Dispatch(), func() {
		if !r.Running() {
			return
		}
		other, err := r.server.findRunning(a.GetExecution())
		if err != nil {
			r.happen(func() {
				r.add(enumspb.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED, func(f *historypb.HistoryEvent) {
					f.Attributes = &historypb.HistoryEvent_SignalExternalWorkflowExecutionFailedEventAttributes{SignalExternalWorkflowExecutionFailedEventAttributes: &historypb.SignalExternalWorkflowExecutionFailedEventAttributes{
						Namespace: Namespace, WorkflowExecution: a.GetExecution(), InitiatedEventId: e.GetEventId(), WorkflowTaskCompletedEventId: completed,
						Cause: enumspb.SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND,
					}}
				})
			})
			return
		}
		other.signaled(&historypb.WorkflowExecutionSignaledEventAttributes{SignalName: a.GetSignalName(), Input: a.GetInput(), Header: a.GetHeader()})
		r.happen(func() {
			r.add(enumspb.EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_SIGNALED, func(f *historypb.HistoryEvent) {
				f.Attributes = &historypb.HistoryEvent_ExternalWorkflowExecutionSignaledEventAttributes{ExternalWorkflowExecutionSignaledEventAttributes: &historypb.ExternalWorkflowExecutionSignaledEventAttributes{
					InitiatedEventId: e.GetEventId(), Namespace: Namespace, WorkflowExecution: a.GetExecution(),
				}}
			})
		})
	})
}
