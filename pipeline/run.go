package pipeline

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// Run is one execution of a pipeline, under way or ended: [Start] begins one, and [Open] finds
// one again. It may be used by many goroutines at once.
type Run struct {
	client            client.Client
	workflowID, runID string
}

// Start begins a run. TaskQueue is the only option that must be set; the id of the workflow
// defaults to a random one. Temporal's UI shows the pipeline's name, unless options have a
// summary.
//
// An id that has a run already is an error, a *serviceerror.WorkflowExecutionAlreadyStarted:
// nothing is started then, and [Open] finds the one that is there. Whether an id may be used
// again after its run has ended is up to options.WorkflowIDReusePolicy. What is wrong with the
// request itself is an error of [Run.Get], before anything is paid.
func Start(ctx context.Context, c client.Client, options client.StartWorkflowOptions, request Request) (*Run, error) {
	if options.TaskQueue == "" {
		return nil, errors.New("pipeline: TaskQueue: is missing; give the one of the workers with the plugin")
	}
	if options.StaticSummary == "" {
		options.StaticSummary = request.Pipeline.Name
	}
	if options.WorkflowIDConflictPolicy == enumspb.WORKFLOW_ID_CONFLICT_POLICY_UNSPECIFIED {
		options.WorkflowIDConflictPolicy = enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL
	}
	options.WorkflowExecutionErrorWhenAlreadyStarted = true
	started, err := c.ExecuteWorkflow(ctx, options, WorkflowName, request)
	if err != nil {
		return nil, fmt.Errorf("pipeline %s: %w", request.Pipeline.Name, err)
	}
	return Open(c, started.GetID(), started.GetRunID()), nil
}

// Open finds a run by its ids. An empty runID is the latest run of the workflow id. It asks
// nothing: a run that is not there shows when it is used, as a *serviceerror.NotFound.
func Open(c client.Client, workflowID, runID string) *Run {
	return &Run{client: c, workflowID: workflowID, runID: runID}
}

// WorkflowID is the id of the run's workflow.
func (r *Run) WorkflowID() string { return r.workflowID }

// RunID tells runs of one workflow id apart; "" is the latest.
func (r *Run) RunID() string { return r.runID }

// Get waits for the run's end, as long as ctx lasts. A run that fails gives a
// *temporal.ApplicationError whose first detail is its [Status], or [Problems] if the request
// was refused; a canceled one gives a *temporal.CanceledError.
func (r *Run) Get(ctx context.Context) (result Result, err error) {
	err = r.client.GetWorkflow(ctx, r.workflowID, r.runID).Get(ctx, &result)
	return result, err
}

// askTimeout bounds a query, which waits for a worker. Without one it would never end.
const askTimeout = 20 * time.Second

// Status asks the run how it stands, also after its end. It needs a worker that answers, and
// gives up after 20 seconds.
func (r *Run) Status(ctx context.Context) (status Status, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	answer, err := r.client.QueryWorkflow(ctx, r.workflowID, r.runID, StatusQuery)
	if err != nil {
		return status, fmt.Errorf("pipeline run %s: its status: %w", r.workflowID, err)
	}
	return status, answer.Get(&status)
}

// followEvery is how often Follow asks. Queries cost no action.
const followEvery = 2 * time.Second

// Follow is Get, and calls show with the status whenever that has changed, from the caller's
// goroutine. A status that can't be had now, since no worker answers, is left out.
func (r *Run) Follow(ctx context.Context, show func(Status)) (Result, error) {
	type ending struct {
		result Result
		err    error
	}
	ended := make(chan ending, 1)
	go func() {
		result, err := r.Get(ctx)
		ended <- ending{result, err}
	}()
	var last *Status
	for {
		if status, err := r.Status(ctx); err == nil && (last == nil || !reflect.DeepEqual(status, *last)) {
			show(status)
			last = &status
		}
		select {
		case end := <-ended:
			if status, err := r.Status(ctx); err == nil && (last == nil || !reflect.DeepEqual(status, *last)) {
				show(status)
			}
			return end.result, end.err
		case <-time.After(followEvery):
		}
	}
}

// Decide answers what the run asks people, and gives the approval as it stands then. A decision
// that doesn't fit is an error that says why, and changes nothing.
func (r *Run) Decide(ctx context.Context, decision generation.Decision) (approval generation.ApprovalStatus, err error) {
	return approval, r.update(ctx, generation.DecideUpdate, decision, &approval)
}

// SetBudget sets the most that the run may cost, in USD, what is spent included. A run that is
// held continues when that covers what is next. A run without a budget can't be given one.
func (r *Run) SetBudget(ctx context.Context, limit generation.USD) (status Status, err error) {
	return status, r.update(ctx, BudgetUpdate, limit, &status)
}

func (r *Run) update(ctx context.Context, name string, argument, answer any) error {
	handle, err := r.client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: r.workflowID, RunID: r.runID, UpdateName: name, Args: []any{argument}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(ctx, answer)
	}
	if err != nil {
		return fmt.Errorf("pipeline run %s: %w", r.workflowID, err)
	}
	return nil
}

// Cancel asks the run to end. What was paid for is kept for a rerun; predictions that are under
// way end at the provider, and a rerun takes them up. A run that has ended is no error.
func (r *Run) Cancel(ctx context.Context) error {
	err := r.client.CancelWorkflow(ctx, r.workflowID, r.runID)
	var gone *serviceerror.NotFound
	if errors.As(err, &gone) {
		if _, described := r.client.DescribeWorkflowExecution(ctx, r.workflowID, r.runID); described == nil {
			return nil
		}
	}
	return err
}

// Rerun starts the run again under the same workflow id, with the request that it is given, and
// keeps what this run has paid for, as resume says. Its RunID and WorkflowID may be empty: they
// are this run's. This run must have ended, or be canceled or terminated first.
func (r *Run) Rerun(ctx context.Context, options client.StartWorkflowOptions, request Request, resume Resume) (*Run, error) {
	resume.WorkflowID, resume.RunID = r.workflowID, r.runID
	if resume.RunID == "" {
		described, err := r.client.DescribeWorkflowExecution(ctx, r.workflowID, "")
		if err != nil {
			return nil, fmt.Errorf("pipeline run %s: %w", r.workflowID, err)
		}
		resume.RunID = described.GetWorkflowExecutionInfo().GetExecution().GetRunId()
	}
	options.ID, request.Resume = r.workflowID, &resume
	return Start(ctx, r.client, options, request)
}

// DefaultCatchUp is for how long runs that a [Schedule] missed, while Temporal was down, are
// started later. Temporal's own default is a year: all of it would be paid for at once.
const DefaultCatchUp = 10 * time.Minute

// Schedule starts runs again and again, as options.Spec says: ID and Spec must be set. Unless
// options say otherwise, a run that is due while the one before is under way is left out, and
// missed ones are started for [DefaultCatchUp]. The workflow ids begin with the schedule's.
func Schedule(ctx context.Context, c client.Client, options client.ScheduleOptions, taskQueue string, request Request) (client.ScheduleHandle, error) {
	switch {
	case taskQueue == "":
		return nil, errors.New("pipeline: taskQueue: is missing; give the one of the workers with the plugin")
	case options.Action != nil:
		return nil, errors.New("pipeline: Action: must be nil; it is made of the request")
	}
	if options.CatchupWindow == 0 {
		options.CatchupWindow = DefaultCatchUp
	}
	options.Action = &client.ScheduleWorkflowAction{
		ID: options.ID, Workflow: WorkflowName, Args: []any{request}, TaskQueue: taskQueue, StaticSummary: request.Pipeline.Name,
	}
	return c.ScheduleClient().Create(ctx, options)
}
