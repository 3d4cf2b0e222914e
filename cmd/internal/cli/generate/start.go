package generate

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/exit"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/runs"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// start starts a generation, and waits for it if that is asked for.
func start(ctx context.Context, s *session.Session, o options, pairs []string) error {
	if err := o.Prepare(); err != nil {
		return exit.With(exit.Usage, err)
	}
	input, err := readInput(ctx, s, o, pairs)
	if err != nil {
		return exit.With(exit.Usage, err)
	}
	if o.request.Input, err = check(ctx, s, o.request, input); err != nil {
		return err
	}
	if err := o.request.Validate(); err != nil {
		return exit.With(exit.Usage, err)
	}
	if err := s.Connect(ctx); err != nil {
		return err
	}
	defer s.Client.Close()
	run, err := startWorkflow(ctx, s, o)
	if err != nil {
		return exit.With(exit.Failure, err)
	}
	s.Announce(run)
	if o.wait || o.Output != "" {
		return await(ctx, s, run, o)
	}
	fmt.Fprintf(s.Err, "Fetch its result with: wavespeed-temporal generate result %s\n", run.GetID())
	if o.json {
		return s.PrintJSON(session.Started{WorkflowID: run.GetID(), RunID: run.GetRunID()})
	}
	return nil
}

// startWorkflow starts the workflow, or joins a running one.
func startWorkflow(ctx context.Context, s *session.Session, o options) (client.WorkflowRun, error) {
	id := cmp.Or(o.id, "generate-"+uuid.NewString())
	run, err := s.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                                       id,
		TaskQueue:                                s.Config.TaskQueue,
		StaticSummary:                            o.request.Model,
		Memo:                                     map[string]any{runs.MemoModel: o.request.Model},
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
	}, generation.WorkflowName, o.request)
	var taken *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &taken) {
		return join(ctx, s, id, taken.RunId)
	}
	return run, err
}

// join returns the open run that already has this id, if it is a generation.
func join(ctx context.Context, s *session.Session, id, runID string) (client.WorkflowRun, error) {
	described, err := runs.Describe(ctx, s, id, runID)
	if err != nil {
		return nil, err
	}
	info := described.GetWorkflowExecutionInfo()
	switch {
	case info.GetType().GetName() != generation.WorkflowName:
		return nil, fmt.Errorf("--id: %s is a workflow of type %s, not a generation; nothing was submitted", id, info.GetType().GetName())
	case info.GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING:
		return nil, fmt.Errorf("--id: %s has ended; nothing was submitted. Choose a new id", id)
	}
	fmt.Fprintf(s.Err, "%s is already running: joined it, and nothing was submitted\n", id)
	return s.Client.GetWorkflow(ctx, id, runID), nil
}
