package frontend

import (
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/timestamppb"
)

func (s *Server) describe(request *workflowservice.DescribeWorkflowExecutionRequest, reply *workflowservice.DescribeWorkflowExecutionResponse) error {
	r, err := s.find(request.GetExecution())
	if err != nil {
		return err
	}
	reply.WorkflowExecutionInfo = &workflowpb.WorkflowExecutionInfo{
		Execution: r.execution(), Type: workflowType(r.Type), Status: r.Status, TaskQueue: r.taskQueue,
		StartTime: r.History[0].GetEventTime(), HistoryLength: int64(len(r.History)),
	}
	reply.ExecutionConfig = &workflowpb.WorkflowExecutionConfig{TaskQueue: queueOf(r.taskQueue)}
	if !r.Running() {
		reply.WorkflowExecutionInfo.CloseTime = r.History[len(r.History)-1].GetEventTime()
		return nil
	}
	for _, id := range sortedKeys(r.activities) {
		reply.PendingActivities = append(reply.PendingActivities, r.activities[id].pending())
	}
	return nil
}

func (a *activity) pending() *workflowpb.PendingActivityInfo {
	info := &workflowpb.PendingActivityInfo{
		ActivityId: a.in.GetActivityId(), ActivityType: a.in.GetActivityType(), State: enumspb.PENDING_ACTIVITY_STATE_SCHEDULED,
		HeartbeatDetails: a.details, Attempt: a.attempt, MaximumAttempts: a.in.GetRetryPolicy().GetMaximumAttempts(),
		ScheduledTime: timestamppb.New(a.offered), LastFailure: a.failure, LastWorkerIdentity: a.process,
	}
	if !a.started.IsZero() {
		info.State = enumspb.PENDING_ACTIVITY_STATE_STARTED
		info.LastStartedTime = timestamppb.New(a.started)
		if a.canceling {
			info.State = enumspb.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED
		}
	}
	return info
}
