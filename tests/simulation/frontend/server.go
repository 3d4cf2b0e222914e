package frontend

import (
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
)

// Host decides when things happen, and draws what is random.
type Host interface {
	// After runs f once, later, while nothing else of the server runs.
	After(d time.Duration, f func())

	// Dispatch is how late a task is offered to pollers.
	Dispatch() time.Duration

	// Visible is how late a run shows in lists.
	Visible() time.Duration

	// Choose draws one of n.
	Choose(n int) int

	// Double tells whether the activity's attempt is to be handed to its process twice,
	// as when the first answer to a poll is thought lost.
	Double(activity string) bool

	// Reachable tells whether a task can be handed to the process.
	Reachable(process string) bool

	// Note is told in one line what happened.
	Note(format string, args ...any)
}

// Server holds the executions of one namespace. It is for one goroutine.
type Server struct {
	host    Host
	runs    map[string][]*Run // by workflow id, oldest first
	queues  map[string]*queue
	created int
	asked   map[string]*Call // queries that a worker has, by task token

	// Failures are workflow tasks that failed and activities that panicked: bugs.
	Failures []string
}

// New makes a server without executions.
func New(host Host) *Server {
	return &Server{host: host, runs: make(map[string][]*Run), queues: make(map[string]*queue), asked: make(map[string]*Call)}
}

// Call is one RPC on its way: Answer ends it, then or later.
type Call struct {
	Process string
	Request any
	Reply   any
	Answer  func(error)
}

// Take executes a call.
func (s *Server) Take(c *Call) {
	switch request := c.Request.(type) {
	case *workflowservice.PollWorkflowTaskQueueRequest:
		s.queue("workflow", request.GetTaskQueue().GetName()).poll(c)
	case *workflowservice.PollActivityTaskQueueRequest:
		s.queue("activity", request.GetTaskQueue().GetName()).poll(c)
	case *workflowservice.PollNexusTaskQueueRequest:
		// Nobody ever has one.
	case *workflowservice.QueryWorkflowRequest:
		s.query(c, request)
	case *workflowservice.UpdateWorkflowExecutionRequest:
		s.update(c, request)
	case *workflowservice.GetWorkflowExecutionHistoryRequest:
		s.history(c, request)
	case *workflowservice.GetWorkflowExecutionHistoryReverseRequest:
		c.Answer(s.historyReverse(c, request))
	default:
		c.Answer(s.answer(c))
	}
}

// answer is for calls that wait for nothing.
func (s *Server) answer(c *Call) error {
	switch request := c.Request.(type) {
	case *workflowservice.GetSystemInfoRequest:
		c.Reply.(*workflowservice.GetSystemInfoResponse).Capabilities = &workflowservice.GetSystemInfoResponse_Capabilities{
			SignalAndQueryHeader: true, InternalErrorDifferentiation: true, ActivityFailureIncludeHeartbeat: true,
			SdkMetadata: true, SupportsSchedules: true, EncodedFailureAttributes: true, CountGroupByExecutionStatus: true,
		}
		return nil
	case *workflowservice.DescribeNamespaceRequest, *workflowservice.ShutdownWorkerRequest, *workflowservice.RecordWorkerHeartbeatRequest:
		return nil
	case *workflowservice.StartWorkflowExecutionRequest:
		return s.start(request, c.Reply.(*workflowservice.StartWorkflowExecutionResponse))
	case *workflowservice.SignalWorkflowExecutionRequest:
		return s.signal(request)
	case *workflowservice.SignalWithStartWorkflowExecutionRequest:
		return s.signalWithStart(request, c.Reply.(*workflowservice.SignalWithStartWorkflowExecutionResponse))
	case *workflowservice.RequestCancelWorkflowExecutionRequest:
		return s.requestCancel(request)
	case *workflowservice.TerminateWorkflowExecutionRequest:
		return s.terminate(request)
	case *workflowservice.ResetWorkflowExecutionRequest:
		return s.reset(request, c.Reply.(*workflowservice.ResetWorkflowExecutionResponse))
	case *workflowservice.DescribeWorkflowExecutionRequest:
		return s.describe(request, c.Reply.(*workflowservice.DescribeWorkflowExecutionResponse))
	case *workflowservice.ListWorkflowExecutionsRequest:
		return s.list(request, c.Reply.(*workflowservice.ListWorkflowExecutionsResponse))
	case *workflowservice.RespondWorkflowTaskCompletedRequest:
		return s.workflowTaskCompleted(c.Process, request)
	case *workflowservice.RespondWorkflowTaskFailedRequest:
		return s.workflowTaskFailed(request)
	case *workflowservice.RespondQueryTaskCompletedRequest:
		return s.queryCompleted(request)
	case *workflowservice.RespondActivityTaskCompletedRequest:
		return s.activityCompleted(request)
	case *workflowservice.RespondActivityTaskFailedRequest:
		return s.activityFailed(request)
	case *workflowservice.RespondActivityTaskCanceledRequest:
		return s.activityCanceled(request)
	case *workflowservice.RecordActivityTaskHeartbeatRequest:
		return s.activityHeartbeat(request, c.Reply.(*workflowservice.RecordActivityTaskHeartbeatResponse))
	default:
		return serviceerror.NewUnimplemented(fmt.Sprintf("the simulated frontend has no %T", c.Request))
	}
}

// Direct executes a call of the host's own, which has to wait for nothing.
func (s *Server) Direct(request, reply any) error {
	return s.answer(&Call{Process: "driver", Request: request, Reply: reply})
}

// newRunID is the same in each run of a seed, and no id of another.
func (s *Server) newRunID() string {
	s.created++
	return fmt.Sprintf("00000000-0000-4000-8000-%012x", s.created)
}
