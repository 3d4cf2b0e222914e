package start

import (
	"context"
	"errors"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/exit"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/pipelines/check"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/pipelines/follow"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/pipelines/made"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/runs"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plaintext"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// show shows a run to its end, unless it is detached.
func show(ctx context.Context, s *session.Session, run client.WorkflowRun, detach bool, o follow.Ending) error {
	s.Announce(run)
	if !detach {
		return follow.Finish(ctx, s, run, o)
	}
	if o.Output != "" {
		fmt.Fprintf(s.Err, "Nothing is downloaded yet. Once it has ended, save its outputs with: %s\n", made.Again(run.GetID(), run.GetRunID(), o.Flags))
	}
	if o.JSON {
		return s.PrintJSON(session.Started{WorkflowID: run.GetID(), RunID: run.GetRunID()})
	}
	return nil
}

// checked makes a run of a file and what it is given, if nothing is wrong with it and the
// balance covers it. Files are not uploaded yet.
func checked(ctx context.Context, s *session.Session, args []string, budget budgetFlag) (pipeline.Request, check.Result, error) {
	result, err := check.File(ctx, s, args, budget.usd, true)
	if err != nil && !errors.Is(err, check.ErrNotChecked) {
		return pipeline.Request{}, result, err
	}
	in := pipeline.Request{
		Pipeline: result.File.Definition, Inputs: result.Given.Values, Budget: budget.usd, SearchAttributes: s.Config.SearchAttributes,
	}
	if err := check.Covered(result.Report.Estimate, in); err != nil {
		return in, result, exit.With(exit.Usage, err)
	}
	check.WarnOfBudget(s, result.Report.Estimate, in)
	return in, result, nil
}

// start starts a run. An id that is already in use is a usage error.
func start(ctx context.Context, s *session.Session, id string, in pipeline.Request, reuse enumspb.WorkflowIdReusePolicy) (client.WorkflowRun, error) {
	run, err := pipeline.Start(ctx, s.Client, client.StartWorkflowOptions{
		ID:                    id,
		TaskQueue:             s.Config.TaskQueue,
		StaticSummary:         summaryOf(in),
		Memo:                  map[string]any{runs.MemoPipeline: in.Pipeline.Name},
		WorkflowIDReusePolicy: reuse,
	}, in)
	var taken *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &taken) {
		return nil, exit.With(exit.Usage, fmt.Errorf(
			"%s already exists; nothing was started. See it with: pipeline status %s. Continue it with: pipeline rerun %s", id, id, id))
	}
	if err != nil {
		return nil, exit.With(exit.Failure, err)
	}
	return s.Client.GetWorkflow(ctx, run.WorkflowID(), run.RunID()), nil
}

// summaryOf is what Temporal's lists show of a run.
func summaryOf(in pipeline.Request) string {
	text := in.Pipeline.Name
	if in.Pipeline.Description != "" {
		text += ": " + in.Pipeline.Description
	}
	if in.Resume != nil {
		text += " (resumed)"
	}
	return plaintext.Clip(text, 200)
}
