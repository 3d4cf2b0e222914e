package frontend

import (
	"cmp"
	"maps"
	"slices"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Run is one run of a workflow.
type Run struct {
	server     *Server
	WorkflowID string
	RunID      string
	Type       string
	Status     enumspb.WorkflowExecutionStatus
	History    []*historypb.HistoryEvent

	taskQueue  string
	buffered   []buffered // what came while a workflow task ran
	task       *workflowTask
	attempt    int32 // of the next workflow task
	previous   int64 // the started event of the last completed workflow task
	activities map[int64]*activity
	timers     map[string]*timer
	children   map[int64]*child
	parent     *parentLink
	seen       map[string]bool // request ids of signals
	updates    []*update
	queries    []*Call // that wait for the workflow task to end
	waiters    []*Call // that wait for the close event
	canceling  bool
	deciding   bool // commands are being executed: what they cause comes after them
}

// buffered is what will be written once the workflow task has ended.
type buffered struct {
	timer string // the timer that fired; "" for anything else
	write func()
}

func (s *Server) newRun(workflowID, runID, kind, taskQueue string) *Run {
	r := &Run{
		server: s, WorkflowID: workflowID, RunID: runID, Type: kind, taskQueue: taskQueue, attempt: 1,
		Status:     enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING,
		activities: make(map[int64]*activity), timers: make(map[string]*timer), children: make(map[int64]*child),
		seen: make(map[string]bool),
	}
	s.runs[workflowID] = append(s.runs[workflowID], r)
	return r
}

// Runs are those of a workflow id, oldest first.
func (s *Server) Runs(workflowID string) []*Run { return s.runs[workflowID] }

// WorkflowIDs are all, sorted.
func (s *Server) WorkflowIDs() []string { return sortedKeys(s.runs) }

// Running tells whether the run has not ended.
func (r *Run) Running() bool { return r.Status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING }

// find is the run with the id, or the current one for "".
func (s *Server) find(execution *commonpb.WorkflowExecution) (*Run, error) {
	runs := s.runs[execution.GetWorkflowId()]
	if execution.GetRunId() == "" && len(runs) > 0 {
		return runs[len(runs)-1], nil
	}
	for _, r := range runs {
		if r.RunID == execution.GetRunId() {
			return r, nil
		}
	}
	return nil, serviceerror.NewNotFound("workflow not found for ID: " + execution.GetWorkflowId())
}

func (s *Server) findRunning(execution *commonpb.WorkflowExecution) (*Run, error) {
	r, err := s.find(execution)
	if err == nil && !r.Running() {
		err = serviceerror.NewNotFound("workflow execution already completed")
	}
	return r, err
}

func (r *Run) execution() *commonpb.WorkflowExecution {
	return &commonpb.WorkflowExecution{WorkflowId: r.WorkflowID, RunId: r.RunID}
}

// add writes an event.
func (r *Run) add(kind enumspb.EventType, fill func(*historypb.HistoryEvent)) *historypb.HistoryEvent {
	e := &historypb.HistoryEvent{EventId: int64(len(r.History)) + 1, EventTime: timestamppb.New(time.Now()), EventType: kind}
	fill(e)
	r.History = append(r.History, e)
	return e
}

// happen writes what came from outside, once no workflow task runs, and has a workflow
// task look at it.
func (r *Run) happen(write func()) { r.happenTimer("", write) }

func (r *Run) happenTimer(timer string, write func()) {
	if r.deciding || r.task != nil && r.task.started != 0 {
		r.buffered = append(r.buffered, buffered{timer, write})
		return
	}
	write()
	r.schedule()
}

// flush writes what was buffered, and tells whether there was anything.
func (r *Run) flush() bool {
	waiting := r.buffered
	r.buffered = nil
	for _, b := range waiting {
		b.write()
	}
	return len(waiting) > 0
}

// close ends the run with the event that was written last.
func (r *Run) close(status enumspb.WorkflowExecutionStatus) {
	last := r.History[len(r.History)-1]
	r.Status = status
	r.task = nil
	r.buffered = nil
	r.server.host.Note("%s/%s ended: %v", r.WorkflowID, short(r.RunID), status)
	r.closeChildren()
	if r.parent != nil && status != enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW {
		r.parent.ended(r, last)
	}
	for _, u := range r.updates {
		u.fail(serviceerror.NewNotFound("workflow execution already completed"))
	}
	for _, c := range r.waiters {
		r.server.answerHistory(c, r)
	}
	r.waiters = nil
	r.runQueries()
}

// short is the part of a run's id that tells it from others.
func short(runID string) string { return runID[len(runID)-4:] }

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
