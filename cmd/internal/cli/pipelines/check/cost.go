package check

import (
	"fmt"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runview"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// CostText is an estimate as it follows in a line; "" for none.
func CostText(e *pipeline.Estimate) string {
	if e == nil {
		return ""
	}
	return ", " + runview.Estimate(*e) + BalanceText(e.Balance)
}

// cost is what a run may cost within its budget.
type cost struct {
	least, Most generation.USD
	Known       bool // whether most is a bound
	Balance     *generation.USD
}

// CostOf returns what a run may cost; nil without an estimate.
func CostOf(e *pipeline.Estimate, in pipeline.Request) *cost {
	if e == nil {
		return nil
	}
	most, known := runwire.Upper(e.Total, e.Most, e.AtLeast)
	c := cost{least: e.Total, Most: most, Known: known, Balance: e.Balance}
	if limit := capOf(in); limit != nil {
		if !known {
			c.Most, c.Known = *limit, true
		}
		c.least, c.Most = min(c.least, *limit), min(c.Most, *limit)
	}
	return &c
}

// capOf returns the run's cap; nil for none.
func capOf(in pipeline.Request) *generation.USD {
	switch {
	case in.Budget != nil:
		return in.Budget
	case in.Pipeline.Budget != nil:
		return &in.Pipeline.Budget.USD
	default:
		return nil
	}
}

// Covered returns an error if the balance is below the run's minimum cost.
func Covered(e *pipeline.Estimate, in pipeline.Request) error {
	c := CostOf(e, in)
	if c == nil || c.Balance == nil || *c.Balance >= c.least {
		return nil
	}
	return fmt.Errorf("the balance of %s does not cover the estimate of %s: top up, or set a --budget", *c.Balance, runview.Estimate(*e))
}

// MayRunOut reports whether the balance covers the run's minimum cost but not its maximum.
func (c cost) MayRunOut() bool { return c.Balance != nil && c.Known && *c.Balance < c.Most }

// WarnOfBudget warns what happens to a run whose budget is below the estimate.
func WarnOfBudget(s *session.Session, e *pipeline.Estimate, in pipeline.Request) {
	limit := capOf(in)
	if e == nil || limit == nil {
		return
	}
	will := "holds"
	if b := in.Pipeline.Budget; b != nil && b.OnExceeded == plan.OnExceededFail {
		will = "fails"
	}
	switch most, known := runwire.Upper(e.Total, e.Most, e.AtLeast); {
	case *limit < e.Total:
		fmt.Fprintf(s.Err, "warning: the budget of %s does not cover the estimate of %s: the run %s when it reaches the budget\n", *limit, runview.Estimate(*e), will)
	case !known || *limit < most:
		fmt.Fprintf(s.Err, "warning: the budget of %s may not cover the estimate of %s: if it doesn't, the run %s when it reaches the budget\n", *limit, runview.Estimate(*e), will)
	}
}

// BalanceText is a balance as it follows in a line; "" for none.
func BalanceText(balance *generation.USD) string {
	if balance == nil {
		return ""
	}
	return fmt.Sprintf(", balance %s", *balance)
}
