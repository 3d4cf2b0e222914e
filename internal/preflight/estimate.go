package preflight

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plaintext"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/usd"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// estimate computes a step's estimate. A step without a price counts as at least zero.
func (p priced) estimate(ctx context.Context) (pipeline.StepEstimate, error) {
	estimate := pipeline.StepEstimate{ID: p.step.ID, Model: p.model.ID, Unknown: !p.length.Bounded() && p.chance != never}
	if p.chance == always {
		estimate.Items = p.length.Least
	}
	estimate.AtLeast = estimate.Unknown
	groups := p.groups()
	samples := spread(groups)
	var prices prices
	for _, sample := range samples {
		known := withoutUnknown(sample.input)
		estimate.AtLeast = estimate.AtLeast || p.depends(sample.input, known)
		price, err := ask(ctx, func(ctx context.Context) (provider.Price, error) {
			return p.account.Provider.Price(ctx, p.model.ID, known)
		})
		if err != nil {
			estimate.AtLeast, estimate.Unpriced = true, plaintext.Clip(err.Error(), maxReason)
			return estimate, err
		}
		prices.add(price.Amount, sample.items)
	}
	if len(samples) < len(groups) {
		estimate.Sampled = len(samples)
	}
	prices.scale(len(p.inputs))
	p.total(&estimate, prices)
	return estimate, nil
}

// total adds up the cost of the items.
func (p priced) total(estimate *pipeline.StepEstimate, prices prices) {
	most := p.length.Most
	if p.chance == never {
		most = 0
	}
	if p.length.Bounded() && most != estimate.Items {
		estimate.MostItems = most
	}
	estimate.Each = prices.each()
	estimate.Total = prices.of(estimate.Items, prices.least)
	if usd := prices.of(most, prices.most); !estimate.AtLeast && usd != estimate.Total {
		estimate.Most = &usd
	}
}

// prices are the prices of a step's items.
type prices struct {
	least, most, sum generation.USD
	items            int
}

func (p *prices) add(price generation.USD, items int) {
	if p.items == 0 {
		p.least = price
	}
	p.least, p.most = min(p.least, price), max(p.most, price)
	p.sum, p.items = usd.Add(p.sum, usd.Times(price, items)), p.items+items
}

// scale extrapolates from the priced items to all.
func (p *prices) scale(items int) {
	if p.items != items {
		p.sum, p.items = usd.Times(p.each(), items), items
	}
}

func (p *prices) each() generation.USD {
	if p.items == 0 {
		return 0
	}
	return usd.Per(p.sum, p.items)
}

// of returns the cost of n items: those that were priced, plus others at the given price.
func (p *prices) of(n int, price generation.USD) generation.USD {
	if n == p.items {
		return p.sum
	}
	return usd.Times(price, n)
}

// group is an input and the number of items that have it.
type group struct {
	input map[string]any
	items int
}

// groups returns the distinct inputs, in order.
func (p priced) groups() []group {
	var groups []group
	places := make(map[string]int)
	for _, input := range p.inputs {
		input := input.(map[string]any)
		encoded, err := json.Marshal(input)
		place, seen := places[string(encoded)]
		if err == nil && seen {
			groups[place].items++
			continue
		}
		places[string(encoded)] = len(groups)
		groups = append(groups, group{input, 1})
	}
	return groups
}

// spread picks some of the groups from all over the list.
func spread(groups []group) []group {
	if len(groups) <= maxSamples {
		return groups
	}
	some := make([]group, maxSamples)
	for i := range some {
		some[i] = groups[i*len(groups)/maxSamples]
	}
	return some
}

// depends reports whether the price may depend on a field that is not known yet. Without a
// formula in the catalogue, it assumes so for audio and video fields, which are priced by
// length.
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
