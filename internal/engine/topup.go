package engine

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/kernel"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// onInsufficientCredits is what to do if the balance does not cover a submit of the step. By
// default it waits, unless a model that follows is there for that case.
func onInsufficientCredits(step *plan.PlannedStep, model int) generation.CreditsPolicy {
	takesOver := func(f pipeline.Fallback) bool {
		return slices.Contains(errorTypes(f.On), generation.ErrorTypeInsufficientCredits)
	}
	switch {
	case step.OnInsufficientCredits != "":
		return generation.CreditsPolicy(step.OnInsufficientCredits)
	case slices.ContainsFunc(step.Fallback[model:], takesOver):
		return generation.FailWithoutCredits
	default:
		return generation.WaitForCredits
	}
}

// unpaid are the accounts whose balance does not cover the next submit of the run or of a child.
func (r *run) unpaid(ctx workflow.Context) []string {
	unpaid := kernel.BoardOf(ctx).Unpaid()
	for _, s := range r.steps {
		unpaid = append(unpaid, s.fan.unpaid()...)
	}
	slices.Sort(unpaid)
	return slices.Compact(unpaid)
}

// unpaid is the same for a step. live are its generations in the run itself.
func (s *step) unpaid(live []generation.Status) []string {
	unpaid := s.fan.unpaid()
	for _, status := range live {
		if status.State == generation.StateUnpaid {
			unpaid = append(unpaid, status.Account)
		}
	}
	slices.Sort(unpaid)
	return slices.Compact(unpaid)
}

func (f *fan) unpaid() (unpaid []string) {
	if f == nil {
		return nil
	}
	for _, c := range f.live {
		unpaid = append(unpaid, c.progress.Unpaid...)
	}
	return unpaid
}
