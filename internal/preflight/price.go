package preflight

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/usd"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

const (
	// maxSamples is how many different items of a step are priced; the others are extrapolated.
	maxSamples = 8

	// atOnce is how many prices are requested concurrently.
	atOnce = 8
)

// estimate requests the likely cost of the run if every step runs once, and the account's
// credit. It returns an error if a required price is unavailable.
func (c *checker) estimate(ctx context.Context) (*pipeline.Estimate, error) {
	ctx, cancel := context.WithTimeout(ctx, pricesTimeout)
	defer cancel()
	estimates, failures := make([]pipeline.StepEstimate, len(c.priced)), make([]error, len(c.priced))
	var group sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for i, p := range c.priced {
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			estimates[i], failures[i] = p.estimate(ctx)
		})
	}
	credit := c.askCredit(ctx)
	group.Wait()
	total := &pipeline.Estimate{}
	var needed error
	for i, p := range c.priced {
		err := failures[i]
		switch {
		case refusal(err):
			c.note(runwire.EndpointPrice, c.accountOf(p.step), "", nil)
			c.add([]string{"steps", p.step.ID, "input"}, "the provider rejects it: %v", err)
		case p.fallback:
			c.addFallback(total, estimates[i])
		default:
			c.note(runwire.EndpointPrice, c.accountOf(p.step), p.step.ID, err)
			if err != nil && c.needsPrices() {
				needed = cmp.Or(needed, c.missingPrice(p.step, err))
			}
			total.Steps = append(total.Steps, estimates[i])
		}
	}
	sum(total)
	total.Balance = credit(c)
	return total, needed
}

// addFallback raises a step's upper end to cover a fallback model.
func (c *checker) addFallback(total *pipeline.Estimate, fallback pipeline.StepEstimate) {
	i := slices.IndexFunc(total.Steps, func(step pipeline.StepEstimate) bool { return step.ID == fallback.ID })
	if i < 0 {
		return
	}
	step := &total.Steps[i]
	most, known := runwire.Upper(step.Total, step.Most, step.AtLeast)
	switch other, bounded := runwire.Upper(fallback.Total, fallback.Most, fallback.AtLeast); {
	case !known || !bounded:
		step.AtLeast, step.Most = true, nil
	case other > most:
		step.Most = &other
	}
}

// sum adds up the steps.
func sum(total *pipeline.Estimate) {
	var most generation.USD
	for _, step := range total.Steps {
		total.Total = usd.Add(total.Total, step.Total)
		upper, known := runwire.Upper(step.Total, step.Most, step.AtLeast)
		total.AtLeast = total.AtLeast || !known
		most = usd.Add(most, upper)
	}
	if !total.AtLeast && most != total.Total {
		total.Most = &most
	}
}

// missingPrice handles a required price that is unavailable. An impossible price is a problem,
// like a price beyond the budget.
func (c *checker) missingPrice(step *plan.PlannedStep, err error) error {
	if errors.Is(err, provider.ErrImpossiblePrice) {
		c.add([]string{"steps", step.ID}, "it cannot be submitted with a budget: %v", err)
		return nil
	}
	return fmt.Errorf("with a budget, step %s needs a price: %w", step.ID, err)
}

// askCredit requests the balance, if a single account pays, and whether the charges of paying
// accounts can be read. The returned function waits for the answers.
func (c *checker) askCredit(ctx context.Context) func(*checker) *generation.USD {
	payers := c.payers()
	var group sync.WaitGroup
	var balance generation.USD
	var balanceErr error
	chargesErrs := make([]error, len(payers))
	if len(payers) == 1 {
		group.Go(func() { balance, balanceErr = ask(ctx, c.accounts[payers[0]].Provider.Balance) })
	}
	for i, name := range payers {
		group.Go(func() {
			_, chargesErrs[i] = ask(ctx, func(ctx context.Context) (provider.ChargePage, error) {
				return c.accounts[name].Provider.Charges(ctx, provider.ChargesOptions{PageSize: 1})
			})
		})
	}
	return func(c *checker) *generation.USD {
		group.Wait()
		for i, name := range payers {
			c.note(runwire.EndpointCharges, name, "", chargesErrs[i])
		}
		if len(payers) != 1 {
			return nil
		}
		c.note(runwire.EndpointBalance, payers[0], "", balanceErr)
		if balanceErr != nil {
			return nil
		}
		return &balance
	}
}
