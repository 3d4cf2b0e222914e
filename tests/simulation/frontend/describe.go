package frontend

import (
	"regexp"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
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
		StartTime: r.History[0].GetEventTime(), HistoryLength: int64(len(r.History)), SearchAttributes: &commonpb.SearchAttributes{},
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

var closedSince = regexp.MustCompile(`^CloseTime IS NULL OR CloseTime >= "([^"]+)"$`)

// list knows the one query that the product asks.
func (s *Server) list(request *workflowservice.ListWorkflowExecutionsRequest, reply *workflowservice.ListWorkflowExecutionsResponse) error {
	asked := closedSince.FindStringSubmatch(request.GetQuery())
	if asked == nil {
		return serviceerror.NewUnimplemented("the simulated frontend does not know the query " + request.GetQuery())
	}
	since, err := time.Parse(time.RFC3339, asked[1])
	if err != nil {
		return serviceerror.NewInvalidArgument(err.Error())
	}
	for _, id := range sortedKeys(s.runs) {
		for _, r := range s.runs[id] {
			if time.Since(r.Started()) >= s.host.Visible() && (r.Running() || !r.lastTime().Before(since)) {
				reply.Executions = append(reply.Executions, &workflowpb.WorkflowExecutionInfo{Execution: r.execution(), Type: workflowType(r.Type), Status: r.Status})
			}
		}
	}
	return nil
}

func (r *Run) lastTime() time.Time { return r.History[len(r.History)-1].GetEventTime().AsTime() }

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
