package start

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/exit"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/pipelines/check"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/runs"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/preflight"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// resume prepares a run that resumes the latest one, after checking what is new in it.
func resume(ctx context.Context, s *session.Session, latest client.WorkflowRun, pairs []string, o rerunOptions) (pipeline.Request, error) {
	in, err := runs.Input(ctx, s, latest.GetID(), latest.GetRunID())
	if err != nil {
		return in, exit.With(exit.Failure, err)
	}
	open, err := open(ctx, s, latest, in.Resume)
	if err != nil {
		return in, exit.With(exit.Failure, err)
	}
	if err := change(ctx, s, &in, latest.GetRunID(), pairs, o); err != nil {
		return in, exit.With(exit.Usage, err)
	}
	if open != nil {
		in.Resume = both(*open, latest.GetID(), *in.Resume)
	}
	if o.file == "" && len(in.Resume.Input)+len(pairs) == 0 {
		return in, nil
	}
	return in, exit.With(exit.Usage, checkRerun(ctx, s, in))
}

// checkRerun looks for problems before anything starts, as far as there is an API key. The run
// checks again.
func checkRerun(ctx context.Context, s *session.Session, in pipeline.Request) error {
	compiled, err := plan.Compile(in.Pipeline)
	if err != nil {
		return err
	}
	inputs, err := plan.Bind(in.Pipeline, in.Inputs)
	if err != nil {
		return err
	}
	report, err := check.Preflight(ctx, s, preflight.Run{Plan: compiled, Inputs: inputs, Changes: in.Resume.Input, Budget: in.Budget != nil})
	if errors.Is(err, check.ErrNotChecked) {
		return nil
	}
	if err != nil {
		return err
	}
	check.WarnOfUnanswered(s, report)
	if len(report.Problems) > 0 {
		return report.Problems
	}
	return nil
}

// open is what a run was to resume if it has ended before it had read that, and not for a
// mistake of its own; nil otherwise.
func open(ctx context.Context, s *session.Session, run client.WorkflowRun, resume *pipeline.Resume) (*pipeline.Resume, error) {
	if resume == nil {
		return nil, nil
	}
	var failed *temporal.ApplicationError
	if err := run.Get(ctx, nil); errors.As(err, &failed) && generation.ErrorTypeOf(failed) == generation.ErrorTypeInvalidInput {
		return nil, nil
	}
	page, err := runs.Page(ctx, s, run.GetID(), run.GetRunID(), runwire.Cursor{})
	var unbegun *serviceerror.WorkflowNotReady
	switch {
	case errors.As(err, &unbegun) || page.Before != nil:
		return resume, nil
	case err != nil && runs.NoWorker(err):
		return nil, fmt.Errorf("%s does not answer, so its results are unknown: no worker is running for it", run.GetID())
	default:
		return nil, err
	}
}

// both merges what an earlier rerun was meant to resume with a new rerun.
func both(open pipeline.Resume, id string, next pipeline.Resume) *pipeline.Resume {
	all := pipeline.Resume{
		WorkflowID: cmp.Or(open.WorkflowID, id), RunID: open.RunID, From: cmp.Or(next.From, open.From),
		DropChanges: open.DropChanges || next.DropChanges, ResubmitUnknown: open.ResubmitUnknown || next.ResubmitUnknown,
		Input: make(map[string]map[string]any),
	}
	if !next.DropChanges {
		maps.Copy(all.Input, open.Input)
	}
	for step, input := range next.Input {
		fields := maps.Clone(all.Input[step])
		if fields == nil {
			fields = make(map[string]any)
		}
		maps.Copy(fields, input)
		all.Input[step] = fields
	}
	return &all
}
