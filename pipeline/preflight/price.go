package preflight

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

const (
	// maxSamples is how many items of a step are priced; the others are taken for like them.
	maxSamples = 8

	// atOnce is how many prices are asked for at once.
	atOnce = 8
)

// estimate asks what the run is likely to cost if every step runs once.
func (c *checker) estimate(ctx context.Context) (*pipeline.Estimate, error) {
	estimates := make([]pipeline.StepEstimate, len(c.priced))
	failures := make([]error, len(c.priced))
	var group sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for i, p := range c.priced {
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			estimates[i], failures[i] = p.estimate(ctx)
		})
	}
	group.Wait()
	total := &pipeline.Estimate{}
	for i, p := range c.priced {
		switch err := failures[i]; {
		case err != nil && refusal(err):
			c.add([]string{"steps", p.step.ID, "input"}, "the provider refuses it: %v", err)
		case err != nil:
			return nil, err
		}
		total.Steps = append(total.Steps, estimates[i])
		total.Total = total.Total.Add(estimates[i].Total)
		total.AtLeast = total.AtLeast || estimates[i].AtLeast
	}
	return total, c.addBalance(ctx, total)
}

// addBalance asks for the credit of the account that pays, if it is one alone.
func (c *checker) addBalance(ctx context.Context, total *pipeline.Estimate) error {
	var names []string
	for _, p := range c.priced {
		names = append(names, c.accountOf(p.step))
	}
	slices.Sort(names)
	if names = slices.Compact(names); len(names) != 1 {
		return nil
	}
	balance, err := c.accounts[names[0]].Provider.Balance(ctx)
	if err != nil {
		return err
	}
	total.Balance = &balance
	return nil
}

func (p priced) estimate(ctx context.Context) (pipeline.StepEstimate, error) {
	estimate := pipeline.StepEstimate{ID: p.step.ID, Model: p.model.ID, Items: len(p.inputs), Unknown: p.unknown, AtLeast: p.unknown}
	samples := p.samples()
	var sum generation.USD
	for _, input := range samples {
		known := withoutUnknown(input)
		estimate.AtLeast = estimate.AtLeast || p.depends(input, known)
		price, err := p.account.Provider.Price(ctx, p.model.ID, known)
		if err != nil {
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
	estimate.Total = estimate.Each.Times(len(p.inputs))
	if p.unknown {
		estimate.Items, estimate.Total = 0, 0
	}
	return estimate, nil
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
