package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/nearest"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/preflight"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline/file"
)

// resume makes a run that resumes the latest one, after what is new in it was checked.
func (p *program) resume(ctx context.Context, s session, latest client.WorkflowRun, pairs []string, o rerunOptions) (pipeline.Request, error) {
	in, err := s.input(ctx, latest.GetID(), latest.GetRunID())
	if err != nil {
		return in, failure(exitFailure, err)
	}
	open, err := s.open(ctx, latest, in.Resume)
	if err != nil {
		return in, failure(exitFailure, err)
	}
	if err := p.change(ctx, s, &in, latest.GetRunID(), pairs, o); err != nil {
		return in, failure(exitUsage, err)
	}
	if open != nil {
		in.Resume = both(*open, latest.GetID(), *in.Resume)
	}
	if o.file == "" && len(in.Resume.Input)+len(pairs) == 0 {
		return in, nil
	}
	return in, failure(exitUsage, p.checkRerun(ctx, s, in))
}

// checkRerun looks for mistakes before anything is started, as far as there is a key to ask
// with; the run looks again.
func (p *program) checkRerun(ctx context.Context, s session, in pipeline.Request) error {
	compiled, err := plan.Compile(in.Pipeline)
	if err != nil {
		return err
	}
	inputs, err := plan.Bind(in.Pipeline, in.Inputs)
	if err != nil {
		return err
	}
	report, err := p.preflight(ctx, s.config, preflight.Run{Plan: compiled, Inputs: inputs, Changes: in.Resume.Input, Budget: in.Budget != nil})
	if errors.Is(err, errNotChecked) {
		return nil
	}
	if err != nil {
		return err
	}
	p.warnOfUnanswered(report)
	return report.Problems.Err()
}

// open is what a run was to resume if it has ended before it had read that, and not for a
// mistake of its own; nil otherwise.
func (s session) open(ctx context.Context, run client.WorkflowRun, resume *pipeline.Resume) (*pipeline.Resume, error) {
	if resume == nil {
		return nil, nil
	}
	var failed *temporal.ApplicationError
	if err := run.Get(ctx, nil); errors.As(err, &failed) && failed.Type() == generation.ErrInvalidInput {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	var page pipeline.Page
	answer, err := s.client.QueryWorkflow(ctx, run.GetID(), run.GetRunID(), pipeline.ResultsQuery, pipeline.Cursor{})
	if err == nil {
		err = answer.Get(&page)
	}
	var unbegun *serviceerror.WorkflowNotReady
	switch {
	case errors.As(err, &unbegun) || page.Before != nil:
		return resume, nil
	case err != nil && noWorker(err):
		return nil, fmt.Errorf("%s does not answer, and so it is not known what is left of it: no worker is there for it", run.GetID())
	default:
		return nil, err
	}
}

// both is what an earlier rerun of the workflow was to do, and a new one is.
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

// input is what a run was started with, out of the first event of its history.
func (s session) input(ctx context.Context, id, runID string) (in pipeline.Request, err error) {
	history := s.client.GetWorkflowHistory(ctx, id, runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	event, err := history.Next()
	if err != nil {
		return in, err
	}
	payloads := event.GetWorkflowExecutionStartedEventAttributes().GetInput()
	if err := s.converter().FromPayloads(payloads, &in); err != nil {
		return in, fmt.Errorf("%s: what it was started with cannot be read: %w", id, err)
	}
	return in, nil
}

// change makes a new run of an old one's input.
func (p *program) change(ctx context.Context, s session, in *pipeline.Request, runID string, pairs []string, o rerunOptions) error {
	if o.file != "" {
		f, err := file.Read(o.file)
		if err != nil {
			return err
		}
		if _, err := f.Compile(); err != nil {
			return err
		}
		in.Pipeline = f.Definition
	}
	if err := setOnUnknown(&in.Pipeline, generation.UnknownPolicy(o.onUnknown)); err != nil {
		return err
	}
	if err := p.changeInputs(ctx, s, in, pairs); err != nil {
		return err
	}
	changes, err := p.readFields(ctx, s, in.Pipeline.Account, "", o.set)
	if err != nil {
		return err
	}
	if err := checkChanges(in.Pipeline, o.from, changes); err != nil {
		return err
	}
	in.Resume = &pipeline.Resume{
		RunID: runID, From: o.from, Input: changes, DropChanges: o.reset || o.file != "", ResubmitUnknown: o.resubmitUnknown,
	}
	in.SearchAttributes = s.config.SearchAttributes
	if o.budget.usd != nil {
		in.Budget = o.budget.usd
	}
	return nil
}

// setOnUnknown gives all steps that generate the policy; "" leaves each its own. What a step
// has paid for is kept: the policy is not a part of what it asks for.
func setOnUnknown(d *pipeline.Definition, policy generation.UnknownPolicy) error {
	switch policy {
	case "":
		return nil
	case generation.FailUnknown, generation.ResubmitUnknown, generation.AskUnknown:
	default:
		return fmt.Errorf("--on-unknown: %q is not one of %s, %s and %s", policy, generation.FailUnknown, generation.ResubmitUnknown, generation.AskUnknown)
	}
	for i := range d.Steps {
		if step := &d.Steps[i].Value; step.Approve == nil {
			step.OnUnknown = string(policy)
		}
	}
	return nil
}

// changeInputs replaces inputs by those that are given, and drops those that a mended
// pipeline has no more.
func (p *program) changeInputs(ctx context.Context, s session, in *pipeline.Request, pairs []string) error {
	given, problems := readInputs(in.Pipeline, pairs)
	if len(problems) > 0 {
		return problems
	}
	values := make(map[string]any)
	for name, value := range in.Inputs {
		if _, declared := in.Pipeline.Inputs.Get(name); declared {
			values[name] = value
		}
	}
	maps.Copy(values, given.values)
	if _, err := plan.Bind(in.Pipeline, values); err != nil {
		return err
	}
	if err := p.uploadInputs(ctx, s.config, in.Pipeline, given); err != nil {
		return err
	}
	maps.Copy(values, given.values)
	in.Inputs = values
	return nil
}

// checkChanges tells whether the steps that are named are there.
func checkChanges(d pipeline.Definition, from string, changes map[string]map[string]any) error {
	ids := d.Steps.Names()
	if from != "" && !slices.Contains(ids, from) {
		return fmt.Errorf("--from: there is no step %q%s", from, nearest.Hint(from, ids))
	}
	for id := range changes {
		if step, known := d.Steps.Get(id); !known || step.Approve != nil {
			return fmt.Errorf("--set: there is no generation step %q%s", id, nearest.Hint(id, ids))
		}
	}
	return nil
}
