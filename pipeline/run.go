package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// Run is one execution of a pipeline, running or ended: [Start] starts one, and [Open] finds an
// existing one. It is safe for concurrent use.
type Run struct {
	client            client.Client
	workflowID, runID string
}

// Start starts a run. TaskQueue is the only required option; the workflow id defaults to a
// random one. Temporal's UI shows the pipeline's name, unless options have a summary.
//
// If the id already has a run, Start fails with a *serviceerror.WorkflowExecutionAlreadyStarted
// and starts nothing; use [Open] to get that run. options.WorkflowIDReusePolicy decides whether
// an id may be reused after its run has ended. [Run.Get] reports problems with the request
// itself, before anything is paid.
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

// Open returns a run by its ids. An empty runID means the latest run of the workflow id. It
// makes no request: using a missing run fails with a *serviceerror.NotFound.
func Open(c client.Client, workflowID, runID string) *Run {
	return &Run{client: c, workflowID: workflowID, runID: runID}
}

// WorkflowID is the id of the run's workflow.
func (r *Run) WorkflowID() string { return r.workflowID }

// RunID identifies a run of the workflow id; "" is the latest.
func (r *Run) RunID() string { return r.runID }

// Get waits for the run to end, as long as ctx lasts. A failed run returns a
// *temporal.ApplicationError whose first detail is its [Status], or [Problems] if the request
// was rejected. A canceled run returns a *temporal.CanceledError.
func (r *Run) Get(ctx context.Context) (result Result, err error) {
	err = r.client.GetWorkflow(ctx, r.workflowID, r.runID).Get(ctx, &result)
	return result, err
}

// askTimeout limits a query, which would otherwise wait for a worker forever.
const askTimeout = 20 * time.Second

// Status queries the run's status. It works for ended runs too. It needs a running worker, and
// gives up after 20 seconds.
func (r *Run) Status(ctx context.Context) (status Status, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	answer, err := r.client.QueryWorkflow(ctx, r.workflowID, r.runID, wire.RunStatusQuery)
	if err != nil {
		return status, fmt.Errorf("pipeline run %s: its status: %w", r.workflowID, err)
	}
	return status, answer.Get(&status)
}

// followEvery is how often Follow queries the status. Queries cost no action.
const followEvery = 2 * time.Second

// Follow is like Get, but also calls show with each new status, in the caller's goroutine. It
// skips a status that is unavailable because no worker answers.
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

// Decide decides on a pending approval of the run, and returns its new state. An invalid
// decision returns an error that says why, and changes nothing.
func (r *Run) Decide(ctx context.Context, decision generation.Decision) (approval generation.ApprovalStatus, err error) {
	return approval, r.update(ctx, generation.DecideUpdate, &approval, decision)
}

// SetBudget sets the maximum cost of the run, in USD, including what is already spent. A held
// run continues if that covers its next submit. A run without a budget can't get one.
func (r *Run) SetBudget(ctx context.Context, limit generation.USD) (status Status, err error) {
	return status, r.update(ctx, wire.RunBudgetUpdate, &status, limit)
}

// Pause makes the run submit nothing new until [Run.Resume]. Running predictions are collected,
// and approvals can be decided. The time does not count towards the timeouts of steps, but it
// does towards those of approvals. Pausing a paused run is not an error.
func (r *Run) Pause(ctx context.Context) (status Status, err error) {
	return status, r.update(ctx, wire.RunPauseUpdate, &status)
}

// Resume lets a paused run continue, and has a run that waits for a top-up check now. It is not an
// error if the run does neither.
func (r *Run) Resume(ctx context.Context) (status Status, err error) {
	return status, r.update(ctx, wire.RunResumeUpdate, &status)
}

func (r *Run) update(ctx context.Context, name string, answer any, arguments ...any) error {
	handle, err := r.client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: r.workflowID, RunID: r.runID, UpdateName: name, Args: arguments, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(ctx, answer)
	}
	if err != nil {
		return fmt.Errorf("pipeline run %s: %w", r.workflowID, err)
	}
	return nil
}

// Cancel requests the cancellation of the run. Paid results are kept for a rerun. Running
// predictions continue at the provider, and a rerun takes them up. Canceling an ended run is
// not an error.
func (r *Run) Cancel(ctx context.Context) error {
	err := r.client.CancelWorkflow(ctx, r.workflowID, r.runID)
	var gone *serviceerror.NotFound
	if errors.As(err, &gone) {
		if _, described := r.client.DescribeWorkflow(ctx, r.workflowID, r.runID); described == nil {
			return nil
		}
	}
	return err
}

// Rerun starts the run again under the same workflow id, with the given request, and keeps paid
// results as configured by resume. Its RunID and WorkflowID may be empty and default to this
// run's. This run must have ended first.
func (r *Run) Rerun(ctx context.Context, options client.StartWorkflowOptions, request Request, resume Resume) (*Run, error) {
	resume.WorkflowID, resume.RunID = r.workflowID, r.runID
	if resume.RunID == "" {
		described, err := r.client.DescribeWorkflow(ctx, r.workflowID, "")
		if err != nil {
			return nil, fmt.Errorf("pipeline run %s: %w", r.workflowID, err)
		}
		resume.RunID = described.RawResponse.GetWorkflowExecutionInfo().GetExecution().GetRunId()
	}
	options.ID, request.Resume = r.workflowID, &resume
	return Start(ctx, r.client, options, request)
}

// defaultCatchUp is much shorter than Temporal's own default of a year, after which all missed
// runs would be paid for together.
const defaultCatchUp = 10 * time.Minute

// Schedule starts runs regularly, as specified by options.Spec: ID and Spec are required. By
// default, a run that is due while the previous one is still running is skipped, and missed
// runs are started only if Temporal was down for no more than 10 minutes. The workflow ids start
// with the schedule's.
//
// options.Action may be a [*client.ScheduleWorkflowAction] with other options of the runs, such
// as a memo. Its Workflow, Args and TaskQueue must be empty.
func Schedule(ctx context.Context, c client.Client, options client.ScheduleOptions, taskQueue string, request Request) (client.ScheduleHandle, error) {
	if taskQueue == "" {
		return nil, errors.New("pipeline: taskQueue: is missing; give the one of the workers with the plugin")
	}
	var action client.ScheduleWorkflowAction
	if options.Action != nil {
		given, ok := options.Action.(*client.ScheduleWorkflowAction)
		if !ok || given.Workflow != nil || given.Args != nil || given.TaskQueue != "" {
			return nil, errors.New("pipeline: Action: must be nil, or a *client.ScheduleWorkflowAction without Workflow, Args and TaskQueue: they are made of the request")
		}
		action = *given
	}
	action.ID, action.StaticSummary = cmp.Or(action.ID, options.ID), cmp.Or(action.StaticSummary, request.Pipeline.Name)
	action.Workflow, action.Args, action.TaskQueue = WorkflowName, []any{request}, taskQueue
	options.Action, options.CatchupWindow = &action, cmp.Or(options.CatchupWindow, defaultCatchUp)
	return c.ScheduleClient().Create(ctx, options)
}
