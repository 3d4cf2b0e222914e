package preflight

import (
	"slices"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
)

// chance says whether a step runs, if nothing fails and people approve.
type chance int

const (
	never chance = iota
	maybe
	always
)

// runs reports whether a step runs, as far as it is known before the run.
func (c *checker) runs(step *plan.PlannedStep) chance {
	if known, seen := c.chances[step.ID]; seen {
		return known
	}
	c.chances[step.ID] = maybe // there may be a cycle
	c.chances[step.ID] = min(c.condition(step), c.needed(step))
	return c.chances[step.ID]
}

// condition evaluates a step's if.
func (c *checker) condition(step *plan.PlannedStep) chance {
	if step.Condition == nil {
		return always
	}
	if slices.ContainsFunc(step.Condition.References(), func(ref plan.Reference) bool { return !c.known(scope{})(ref) }) {
		return maybe
	}
	switch run, err := step.Condition.Eval(c.values()); {
	case err != nil:
		return maybe
	case run == true:
		return always
	default:
		return never
	}
}

// needed combines the chances of the steps that this step needs.
func (c *checker) needed(step *plan.PlannedStep) chance {
	least := always
	for _, id := range step.Needs {
		if need := c.plan.Step(id); need != nil && !slices.Contains(step.Watches, id) {
			least = min(least, c.runs(need))
		}
	}
	return least
}
