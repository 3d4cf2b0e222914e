package frontend

import (
	"fmt"
	"math"
	"slices"
	"time"

	commandpb "go.temporal.io/api/command/v1"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// activity is one that is scheduled or runs.
type activity struct {
	run       *Run
	event     *historypb.HistoryEvent
	in        *historypb.ActivityTaskScheduledEventAttributes
	since     time.Time // its first attempt was scheduled
	attempt   int32
	offered   time.Time // this attempt was scheduled
	started   time.Time // zero while no worker has it
	process   string
	identity  string // as the process tells it
	beat      time.Time
	details   *commonpb.Payloads
	failure   *failurepb.Failure // of the attempt before
	canceling bool
}

func (r *Run) scheduleActivity(c *commandpb.Command, completed int64) {
	a := c.GetScheduleActivityTaskCommandAttributes()
	e := r.addCommand(enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, c, &historypb.HistoryEvent_ActivityTaskScheduledEventAttributes{ActivityTaskScheduledEventAttributes: &historypb.ActivityTaskScheduledEventAttributes{
		ActivityId: a.GetActivityId(), ActivityType: a.GetActivityType(), TaskQueue: a.GetTaskQueue(), Header: a.GetHeader(), Input: a.GetInput(),
		ScheduleToCloseTimeout: a.GetScheduleToCloseTimeout(), ScheduleToStartTimeout: a.GetScheduleToStartTimeout(), StartToCloseTimeout: a.GetStartToCloseTimeout(), HeartbeatTimeout: a.GetHeartbeatTimeout(),
		RetryPolicy: a.GetRetryPolicy(), Priority: a.GetPriority(), WorkflowTaskCompletedEventId: completed,
	}})
	r.runActivity(e)
}

// runActivity offers a scheduled activity to workers.
func (r *Run) runActivity(e *historypb.HistoryEvent) {
	a := &activity{run: r, event: e, in: e.GetActivityTaskScheduledEventAttributes(), since: time.Now(), attempt: 1}
	r.activities[e.GetEventId()] = a
	if d := a.in.GetScheduleToCloseTimeout().AsDuration(); d > 0 {
		r.server.host.After(d, func() {
			if a.live() {
				a.timedOut(enumspb.TIMEOUT_TYPE_SCHEDULE_TO_CLOSE)
			}
		})
	}
	a.offer()
}

// live tells whether the activity has not ended.
func (a *activity) live() bool {
	return a.run.Running() && a.run.activities[a.event.GetEventId()] == a
}

func (a *activity) offer() {
	attempt := a.attempt
	a.offered, a.started = time.Now(), time.Time{}
	a.run.server.queue("activity", a.in.GetTaskQueue().GetName()).offer(&queued{
		stale: func() bool { return !a.live() || a.attempt != attempt || !a.started.IsZero() },
		start: a.start,
	})
}

func (a *activity) start(c *Call) {
	attempt := a.attempt
	a.started, a.beat, a.process = time.Now(), time.Now(), c.Process
	a.identity = c.Request.(*workflowservice.PollActivityTaskQueueRequest).GetIdentity()
	a.run.server.host.Note("%s %s #%d of %s/%s to %s", a.in.GetActivityType().GetName(), a.in.GetActivityId(), attempt, a.run.WorkflowID, short(a.run.RunID), c.Process)
	a.fill(c.Reply.(*workflowservice.PollActivityTaskQueueResponse))
	a.run.server.host.After(a.startToClose(), func() {
		if a.live() && a.attempt == attempt && !a.started.IsZero() {
			a.timedOut(enumspb.TIMEOUT_TYPE_START_TO_CLOSE)
		}
	})
	a.watchHeartbeat(attempt)
	c.Answer(nil)
	if a.run.server.host.Double(a.in.GetActivityType().GetName()) {
		a.double(attempt)
	}
}

// double hands the same attempt to the same process again.
func (a *activity) double(attempt int32) {
	a.run.server.queue("activity", a.in.GetTaskQueue().GetName()).offer(&queued{
		only:  a.process,
		stale: func() bool { return !a.live() || a.attempt != attempt || a.started.IsZero() },
		start: func(c *Call) {
			a.run.server.host.Note("%s %s #%d of %s/%s to %s again", a.in.GetActivityType().GetName(), a.in.GetActivityId(), attempt, a.run.WorkflowID, short(a.run.RunID), c.Process)
			a.fill(c.Reply.(*workflowservice.PollActivityTaskQueueResponse))
			c.Answer(nil)
		},
	})
}

func (a *activity) startToClose() time.Duration {
	if d := a.in.GetStartToCloseTimeout().AsDuration(); d > 0 {
		return d
	}
	return a.in.GetScheduleToCloseTimeout().AsDuration()
}

func (a *activity) fill(reply *workflowservice.PollActivityTaskQueueResponse) {
	reply.TaskToken = a.token()
	reply.WorkflowNamespace = Namespace
	reply.WorkflowType, reply.WorkflowExecution = workflowType(a.run.Type), a.run.execution()
	reply.ActivityType, reply.ActivityId = a.in.GetActivityType(), a.in.GetActivityId()
	reply.Header, reply.Input, reply.HeartbeatDetails = a.in.GetHeader(), a.in.GetInput(), a.details
	reply.ScheduledTime, reply.CurrentAttemptScheduledTime, reply.StartedTime = timestamppb.New(a.since), timestamppb.New(a.offered), timestamppb.New(a.started)
	reply.Attempt = a.attempt
	reply.ScheduleToCloseTimeout, reply.StartToCloseTimeout, reply.HeartbeatTimeout = a.in.GetScheduleToCloseTimeout(), duration(a.startToClose()), a.in.GetHeartbeatTimeout()
	reply.RetryPolicy, reply.Priority = a.in.GetRetryPolicy(), a.in.GetPriority()
}

func (a *activity) token() []byte {
	return fmt.Appendf(nil, "%s/%s/%d/%d", a.run.WorkflowID, a.run.RunID, a.event.GetEventId(), a.attempt)
}

func (a *activity) watchHeartbeat(attempt int32) {
	limit := a.in.GetHeartbeatTimeout().AsDuration()
	if limit <= 0 {
		return
	}
	a.run.server.host.After(limit-time.Since(a.beat), func() {
		switch {
		case !a.live() || a.attempt != attempt || a.started.IsZero():
		case time.Since(a.beat) >= limit:
			a.timedOut(enumspb.TIMEOUT_TYPE_HEARTBEAT)
		default:
			a.watchHeartbeat(attempt)
		}
	})
}

// byActivityToken is the activity whose running attempt has the token.
func (s *Server) byActivityToken(token []byte) (*activity, error) {
	for _, runs := range s.runs {
		for _, r := range runs {
			for _, a := range r.activities {
				if r.Running() && !a.started.IsZero() && string(a.token()) == string(token) {
					return a, nil
				}
			}
		}
	}
	return nil, serviceerror.NewNotFound("activity execution already completed")
}

// end writes how the activity ended, with its start before it, as the server does.
func (a *activity) end(kind enumspb.EventType, fill func(e *historypb.HistoryEvent, started int64)) {
	r, attempt, identity, failure := a.run, a.attempt, a.identity, a.failure
	begun := !a.started.IsZero()
	delete(r.activities, a.event.GetEventId())
	r.server.host.Note("%s %s #%d of %s/%s: %v", a.in.GetActivityType().GetName(), a.in.GetActivityId(), attempt, r.WorkflowID, short(r.RunID), kind)
	r.happen(func() {
		var started int64
		if begun {
			started = r.add(enumspb.EVENT_TYPE_ACTIVITY_TASK_STARTED, func(e *historypb.HistoryEvent) {
				e.Attributes = &historypb.HistoryEvent_ActivityTaskStartedEventAttributes{ActivityTaskStartedEventAttributes: &historypb.ActivityTaskStartedEventAttributes{
					ScheduledEventId: a.event.GetEventId(), Identity: identity, Attempt: attempt, LastFailure: failure,
				}}
			}).GetEventId()
		}
		r.add(kind, func(e *historypb.HistoryEvent) { fill(e, started) })
	})
}

func (s *Server) activityCompleted(request *workflowservice.RespondActivityTaskCompletedRequest) error {
	a, err := s.byActivityToken(request.GetTaskToken())
	if err != nil {
		return err
	}
	a.end(enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED, func(e *historypb.HistoryEvent, started int64) {
		e.Attributes = &historypb.HistoryEvent_ActivityTaskCompletedEventAttributes{ActivityTaskCompletedEventAttributes: &historypb.ActivityTaskCompletedEventAttributes{
			Result: request.GetResult(), ScheduledEventId: a.event.GetEventId(), StartedEventId: started, Identity: request.GetIdentity(),
		}}
	})
	return nil
}

func (s *Server) activityFailed(request *workflowservice.RespondActivityTaskFailedRequest) error {
	a, err := s.byActivityToken(request.GetTaskToken())
	if err != nil {
		return err
	}
	if failure := request.GetFailure(); failure.GetApplicationFailureInfo().GetType() == "PanicError" {
		s.Failures = append(s.Failures, fmt.Sprintf("%s panics: %s\n%s", a.in.GetActivityType().GetName(), failure.GetMessage(), failure.GetStackTrace()))
	}
	if request.GetLastHeartbeatDetails() != nil {
		a.details = request.GetLastHeartbeatDetails()
	}
	if state := a.retry(request.GetFailure()); state != enumspb.RETRY_STATE_IN_PROGRESS {
		a.failed(request.GetFailure(), state)
	}
	return nil
}

func (a *activity) failed(failure *failurepb.Failure, state enumspb.RetryState) {
	a.end(enumspb.EVENT_TYPE_ACTIVITY_TASK_FAILED, func(e *historypb.HistoryEvent, started int64) {
		e.Attributes = &historypb.HistoryEvent_ActivityTaskFailedEventAttributes{ActivityTaskFailedEventAttributes: &historypb.ActivityTaskFailedEventAttributes{
			Failure: failure, ScheduledEventId: a.event.GetEventId(), StartedEventId: started, RetryState: state,
		}}
	})
}

func (s *Server) activityCanceled(request *workflowservice.RespondActivityTaskCanceledRequest) error {
	a, err := s.byActivityToken(request.GetTaskToken())
	if err != nil {
		return err
	}
	if !a.canceling {
		return serviceerror.NewInvalidArgument("ActivityTaskCanceled without a request to cancel")
	}
	a.canceled(request.GetDetails())
	return nil
}

func (a *activity) canceled(details *commonpb.Payloads) {
	a.end(enumspb.EVENT_TYPE_ACTIVITY_TASK_CANCELED, func(e *historypb.HistoryEvent, started int64) {
		e.Attributes = &historypb.HistoryEvent_ActivityTaskCanceledEventAttributes{ActivityTaskCanceledEventAttributes: &historypb.ActivityTaskCanceledEventAttributes{
			Details: details, ScheduledEventId: a.event.GetEventId(), StartedEventId: started,
		}}
	})
}

func (s *Server) activityHeartbeat(request *workflowservice.RecordActivityTaskHeartbeatRequest, reply *workflowservice.RecordActivityTaskHeartbeatResponse) error {
	a, err := s.byActivityToken(request.GetTaskToken())
	if err != nil {
		return err
	}
	a.beat, a.details = time.Now(), request.GetDetails()
	reply.CancelRequested = a.canceling
	return nil
}

func (r *Run) cancelActivity(scheduled, completed int64) {
	r.add(enumspb.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED, func(e *historypb.HistoryEvent) {
		e.Attributes = &historypb.HistoryEvent_ActivityTaskCancelRequestedEventAttributes{ActivityTaskCancelRequestedEventAttributes: &historypb.ActivityTaskCancelRequestedEventAttributes{
			ScheduledEventId: scheduled, WorkflowTaskCompletedEventId: completed,
		}}
	})
	a := r.activities[scheduled]
	if a == nil {
		return // its end is buffered
	}
	a.canceling = true
	if a.started.IsZero() {
		a.canceled(nil)
	}
}

func (a *activity) timedOut(kind enumspb.TimeoutType) {
	failure := &failurepb.Failure{
		Message:     fmt.Sprintf("activity %s timeout", kind),
		Source:      "Server",
		FailureInfo: &failurepb.Failure_TimeoutFailureInfo{TimeoutFailureInfo: &failurepb.TimeoutFailureInfo{TimeoutType: kind, LastHeartbeatDetails: a.details}},
	}
	state := enumspb.RETRY_STATE_TIMEOUT
	if kind != enumspb.TIMEOUT_TYPE_SCHEDULE_TO_CLOSE {
		state = a.retry(failure)
	}
	switch state {
	case enumspb.RETRY_STATE_IN_PROGRESS:
		return
	case enumspb.RETRY_STATE_TIMEOUT:
		failure.GetTimeoutFailureInfo().TimeoutType = enumspb.TIMEOUT_TYPE_SCHEDULE_TO_CLOSE
		failure.Cause = a.failure
	}
	a.end(enumspb.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT, func(e *historypb.HistoryEvent, started int64) {
		e.Attributes = &historypb.HistoryEvent_ActivityTaskTimedOutEventAttributes{ActivityTaskTimedOutEventAttributes: &historypb.ActivityTaskTimedOutEventAttributes{
			Failure: failure, ScheduledEventId: a.event.GetEventId(), StartedEventId: started, RetryState: state,
		}}
	})
}

// retry begins another attempt after a failure, if the policy has one.
func (a *activity) retry(failure *failurepb.Failure) enumspb.RetryState {
	policy := a.in.GetRetryPolicy()
	switch {
	case a.canceling:
		return enumspb.RETRY_STATE_CANCEL_REQUESTED
	case !retryable(failure, policy.GetNonRetryableErrorTypes()):
		return enumspb.RETRY_STATE_NON_RETRYABLE_FAILURE
	case policy.GetMaximumAttempts() > 0 && a.attempt >= policy.GetMaximumAttempts():
		return enumspb.RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED
	}
	wait := pause(policy, a.attempt)
	if next := failure.GetApplicationFailureInfo().GetNextRetryDelay(); next != nil {
		wait = next.AsDuration()
	}
	if limit := a.in.GetScheduleToCloseTimeout().AsDuration(); limit > 0 && !time.Now().Add(wait).Before(a.since.Add(limit)) {
		return enumspb.RETRY_STATE_TIMEOUT
	}
	a.run.server.host.Note("%s %s #%d of %s/%s failed, again in %v: %.150s", a.in.GetActivityType().GetName(), a.in.GetActivityId(), a.attempt, a.run.WorkflowID, short(a.run.RunID), wait, failure.GetMessage())
	a.attempt++
	a.failure, a.started = failure, time.Time{}
	attempt := a.attempt
	a.run.server.host.After(wait, func() {
		if a.live() && a.attempt == attempt {
			a.offer()
		}
	})
	return enumspb.RETRY_STATE_IN_PROGRESS
}

func retryable(failure *failurepb.Failure, never []string) bool {
	switch {
	case failure.GetTerminatedFailureInfo() != nil, failure.GetCanceledFailureInfo() != nil:
		return false
	case failure.GetTimeoutFailureInfo() != nil:
		kind := failure.GetTimeoutFailureInfo().GetTimeoutType()
		return (kind == enumspb.TIMEOUT_TYPE_START_TO_CLOSE || kind == enumspb.TIMEOUT_TYPE_HEARTBEAT) && !slices.Contains(never, "TemporalTimeout:"+kind.String())
	case failure.GetServerFailureInfo() != nil:
		return !failure.GetServerFailureInfo().GetNonRetryable()
	case failure.GetApplicationFailureInfo() != nil:
		info := failure.GetApplicationFailureInfo()
		return !info.GetNonRetryable() && !slices.Contains(never, info.GetType())
	default:
		return true
	}
}

// pause is the policy's wait after an attempt, with the server's defaults.
func pause(policy *commonpb.RetryPolicy, attempt int32) time.Duration {
	first, growth, most := policy.GetInitialInterval().AsDuration(), policy.GetBackoffCoefficient(), policy.GetMaximumInterval().AsDuration()
	if first <= 0 {
		first = time.Second
	}
	if growth < 1 {
		growth = 2
	}
	if most <= 0 {
		most = 100 * first
	}
	return time.Duration(min(float64(first)*math.Pow(growth, float64(attempt-1)), float64(most)))
}

func until(at time.Time) time.Duration { return max(time.Until(at), 0) }
