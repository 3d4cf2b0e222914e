package preflight

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/markdown"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

const (
	// maxSamples is how many items of a step are priced; the others are taken for like them.
	maxSamples = 8

	// atOnce is how many prices are asked for at once.
	atOnce = 8
)

// estimate asks what the run is likely to cost if every step runs once, and what else has
// to do with money. An error says that a price that is needed can't be had.
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
			c.note(pipeline.EndpointPrice, c.accountOf(p.step), "", nil)
			c.add([]string{"steps", p.step.ID, "input"}, "the provider refuses it: %v", err)
		case p.fallback:
			c.addFallback(total, estimates[i])
		default:
			c.note(pipeline.EndpointPrice, c.accountOf(p.step), p.step.ID, err)
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

// addFallback has a step's upper end cover a model that it may fall back on.
func (c *checker) addFallback(total *pipeline.Estimate, fallback pipeline.StepEstimate) {
	i := slices.IndexFunc(total.Steps, func(step pipeline.StepEstimate) bool { return step.ID == fallback.ID })
	if i < 0 {
		return
	}
	step := &total.Steps[i]
	most, known := step.Upper()
	switch other, bounded := fallback.Upper(); {
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
		total.Total = total.Total.Add(step.Total)
		upper, known := step.Upper()
		total.AtLeast = total.AtLeast || !known
		most = most.Add(upper)
	}
	if !total.AtLeast && most != total.Total {
		total.Most = &most
	}
}

// missingPrice is what a price that is needed and can't be had means for the run. One that
// cannot be is a problem, the same as a price beyond the budget would be.
func (c *checker) missingPrice(step *pipeline.PlannedStep, err error) error {
	if errors.Is(err, wavespeed.ErrImpossiblePrice) {
		c.add([]string{"steps", step.ID}, "with a budget it cannot be submitted: %v", err)
		return nil
	}
	return fmt.Errorf("with a budget step %s needs a price: %w", step.ID, err)
}

// askCredit asks about the accounts that pay: the balance if it is one alone, and whether
// the charges can be read. The function waits for the answers.
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
			_, chargesErrs[i] = ask(ctx, func(ctx context.Context) (wavespeed.ChargePage, error) {
				return c.accounts[name].Provider.Charges(ctx, wavespeed.ChargesOptions{PageSize: 1})
			})
		})
	}
	return func(c *checker) *generation.USD {
		group.Wait()
		for i, name := range payers {
			c.note(pipeline.EndpointCharges, name, "", chargesErrs[i])
		}
		if len(payers) != 1 {
			return nil
		}
		c.note(pipeline.EndpointBalance, payers[0], "", balanceErr)
		if balanceErr != nil {
			return nil
		}
		return &balance
	}
}

// estimate of a step whose price can't be had is at least nothing.
func (p priced) estimate(ctx context.Context) (pipeline.StepEstimate, error) {
	estimate := pipeline.StepEstimate{ID: p.step.ID, Model: p.model.ID, Unknown: !p.length.Bounded() && p.chance != never}
	if p.chance == always {
		estimate.Items = p.length.Least
	}
	estimate.AtLeast = estimate.Unknown
	samples := p.samples()
	var sum generation.USD
	for _, input := range samples {
		known := withoutUnknown(input)
		estimate.AtLeast = estimate.AtLeast || p.depends(input, known)
		price, err := ask(ctx, func(ctx context.Context) (wavespeed.Price, error) {
			return p.account.Provider.Price(ctx, p.model.ID, known)
		})
		if err != nil {
			estimate.AtLeast, estimate.Unpriced = true, markdown.Clip(err.Error(), maxReason)
			return estimate, err
		}
		sum = sum.Add(price.Amount)
	}
	if len(samples) > 0 {
		estimate.Each = sum.Per(len(samples))
	}
	if len(samples) < len(p.inputs) {
		estimate.Sampled = len(samples)
	}
	p.add(&estimate)
	return estimate, nil
}

// add adds up what the items cost.
func (p priced) add(estimate *pipeline.StepEstimate) {
	estimate.Total = estimate.Each.Times(estimate.Items)
	most := p.length.Most
	if p.chance == never {
		most = 0
	}
	if p.length.Bounded() && most != estimate.Items {
		estimate.MostItems = most
	}
	if usd := estimate.Each.Times(most); !estimate.AtLeast && usd != estimate.Total {
		estimate.Most = &usd
	}
}

// samples are inputs from all over the list; of those that are alike, one.
func (p priced) samples() []map[string]any {
	var samples []map[string]any
	seen := make(map[string]bool)
	n := min(len(p.inputs), maxSamples)
	for i := range n {
		input := p.inputs[i*len(p.inputs)/n].(map[string]any)
		encoded, err := json.Marshal(input)
		if err == nil && !seen[string(encoded)] {
			seen[string(encoded)] = true
			samples = append(samples, input)
		}
	}
	return samples
}

// depends tells whether the price may depend on a field that is not known yet. Without a
// formula in the catalogue, those of sounds and videos are taken to: they cost by length.
func (p priced) depends(input, known map[string]any) bool {
	for name := range input {
		if _, isKnown := known[name]; isKnown {
			continue
		}
		if formula := p.model.Formula; formula != "" {
			if strings.Contains(formula, name) {
				return true
			}
		} else if name == "video" || name == "audio" || name == "duration" {
			return true
		}
	}
	return false
}
