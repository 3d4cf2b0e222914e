package start

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/values"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/nearest"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline/file"
)

// change builds a new run from an old run's input.
func change(ctx context.Context, s *session.Session, in *pipeline.Request, runID string, pairs []string, o rerunOptions) error {
	if o.file != "" {
		f, err := file.Read(o.file)
		if err != nil {
			return err
		}
		if err := f.Check(); err != nil {
			return err
		}
		in.Pipeline = f.Definition
	}
	if err := setOnUnknown(&in.Pipeline, generation.UnknownPolicy(o.onUnknown)); err != nil {
		return err
	}
	if err := setOnInsufficientCredits(&in.Pipeline, generation.CreditsPolicy(o.onInsufficientCredits)); err != nil {
		return err
	}
	if err := changeInputs(ctx, s, in, pairs); err != nil {
		return err
	}
	changes, err := values.Fields(ctx, s, in.Pipeline.Account, "", o.set)
	if err != nil {
		return err
	}
	if err := checkChanges(in.Pipeline, o.from, changes); err != nil {
		return err
	}
	in.Resume = &pipeline.Resume{
		RunID: runID, From: o.from, Input: changes, DropChanges: o.reset || o.file != "", ResubmitUnknown: o.resubmitUnknown,
	}
	in.SearchAttributes = s.Config.SearchAttributes
	if o.budget.usd != nil {
		in.Budget = o.budget.usd
	}
	return nil
}

// setOnUnknown sets the policy on all generation steps; "" leaves them unchanged. Paid results
// are kept, because the policy is not part of a request.
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

// setOnInsufficientCredits does the same for what to do without credit.
func setOnInsufficientCredits(d *pipeline.Definition, policy generation.CreditsPolicy) error {
	switch policy {
	case "":
		return nil
	case generation.FailWithoutCredits, generation.WaitForCredits:
	default:
		return fmt.Errorf("--on-insufficient-credits: %q is not one of %s and %s", policy, generation.FailWithoutCredits, generation.WaitForCredits)
	}
	for i := range d.Steps {
		if step := &d.Steps[i].Value; step.Approve == nil {
			step.OnInsufficientCredits = string(policy)
		}
	}
	return nil
}

// changeInputs sets the given inputs and drops those that the new pipeline no longer declares.
func changeInputs(ctx context.Context, s *session.Session, in *pipeline.Request, pairs []string) error {
	given, problems := values.Inputs(in.Pipeline, pairs)
	if len(problems) > 0 {
		return problems
	}
	all := make(map[string]any)
	for name, value := range in.Inputs {
		if _, declared := in.Pipeline.Inputs.Get(name); declared {
			all[name] = value
		}
	}
	maps.Copy(all, given.Values)
	if _, err := plan.Bind(in.Pipeline, all); err != nil {
		return err
	}
	if err := values.UploadInputs(ctx, s, in.Pipeline, given); err != nil {
		return err
	}
	maps.Copy(all, given.Values)
	in.Inputs = all
	return nil
}

// checkChanges checks that the named steps exist.
func checkChanges(d pipeline.Definition, from string, changes map[string]map[string]any) error {
	ids := plan.Names(d.Steps)
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
