package plan_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// TestLength bounds lists that only the run knows.
func TestLength(t *testing.T) {
	t.Parallel()
	known := map[string]plan.Length{"six": plan.Exactly(6), "few": {Least: 1, Most: 3}}
	endless := plan.Length{Least: 0, Most: plan.Endless}
	of := func(ref plan.Reference) plan.Length {
		if length, ok := known[ref.Name]; ok {
			return length
		}
		return endless
	}
	for source, want := range map[string]plan.Length{
		"steps.six.outputs": plan.Exactly(6),
		"steps.six.items":   plan.Exactly(6),
		"steps?.six?.items": plan.Exactly(6),
		`filter(steps.six.items, .state == "completed")`:                 {Least: 0, Most: 6},
		`steps.six.items | filter(.state == "completed") | map(.output)`: {Least: 0, Most: 6},
		`map(filter(steps.six.items, .state == "completed"), .output)`:   {Least: 0, Most: 6},
		"map(steps.six.items, .output)":                                  plan.Exactly(6),
		"sortBy(steps.six.items, .key)":                                  plan.Exactly(6),
		"reverse(steps.six.outputs)":                                     plan.Exactly(6),
		"uniq(steps.six.outputs)":                                        {Least: 1, Most: 6},
		"take(steps.six.outputs, 2)":                                     plan.Exactly(2),
		"take(steps.few.outputs, 2)":                                     {Least: 1, Most: 2},
		"take(steps.six.outputs, inputs.other)":                          {Least: 0, Most: 6},
		"steps.six.outputs[1:3]":                                         {Least: 0, Most: 2},
		"steps.six.outputs[:4]":                                          {Least: 0, Most: 4},
		"steps.six.outputs[2:]":                                          {Least: 0, Most: 6},
		"concat(steps.six.outputs, steps.few.outputs)":                   {Least: 7, Most: 9},
		"concat(steps.six.outputs, inputs.more)":                         {Least: 6, Most: plan.Endless},
		"flatten([steps.six.outputs, steps.few.outputs])":                {Least: 7, Most: 9},
		"flatten(map(steps.six.items, .outputs))":                        endless,
		"inputs.flag ? steps.six.outputs : steps.few.outputs":            {Least: 1, Most: 6},
		"steps.six.outputs ?? []":                                        {Least: 0, Most: 6},
		"[steps.six.output, steps.few.output]":                           plan.Exactly(2),
		"map(1..4, #)":                                                   plan.Exactly(4),
		"filter(inputs.six, true)":                                       {Least: 0, Most: 6},
		"steps.other.outputs":                                            endless,
		"split(steps.other.output, \",\")":                               endless,
		"steps.six.items[0].outputs":                                     endless,
	} {
		plan, problems := plan.Analyze(pipeline.Definition{
			Name:   "film",
			Inputs: pipeline.Named[pipeline.Input]{{Name: "six", Value: pipeline.Input{Type: "array"}}, {Name: "other", Value: pipeline.Input{Type: "integer"}}, {Name: "more", Value: pipeline.Input{Type: "array"}}, {Name: "flag", Value: pipeline.Input{Type: "boolean"}}},
			Steps: pipeline.Named[pipeline.Step]{
				{Name: "six", Value: pipeline.Step{Model: "a/b", ForEach: &pipeline.ForEach{Items: []any{}}}},
				{Name: "few", Value: pipeline.Step{Model: "a/b", ForEach: &pipeline.ForEach{Items: []any{}}}},
				{Name: "other", Value: pipeline.Step{Model: "a/b"}},
				{Name: "clips", Value: pipeline.Step{Model: "a/b", ForEach: &pipeline.ForEach{Items: fmt.Sprintf("${{ %s }}", source)}}},
			},
		})
		require.Empty(t, problems, source)
		require.Equal(t, want, plan.Step("clips").Items.Length(of), source)
	}
}

// TestItemsOf: whose items a list has, whatever is left out, and in whatever order.
func TestItemsOf(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"steps.six.items": "six",
		`filter(steps.six.items, .state == "completed")`:         "six",
		`steps.six.items | filter(true) | sortBy(.key) | uniq()`: "six",
		"reverse(take(steps.six.items[1:], 2))":                  "six",
		"steps.six.outputs":                                      "",
		"map(steps.six.items, .item)":                            "",
		"concat(steps.six.items, [1])":                           "",
		"[steps.six.items]":                                      "",
		"steps.six.items ?? [1]":                                 "",
	} {
		plan, problems := plan.Analyze(pipeline.Definition{Name: "film", Steps: pipeline.Named[pipeline.Step]{
			{Name: "six", Value: pipeline.Step{Model: "a/b", ForEach: &pipeline.ForEach{Items: []any{}}}},
			{Name: "clips", Value: pipeline.Step{Model: "a/b", ForEach: &pipeline.ForEach{Items: fmt.Sprintf("${{ %s }}", source)}}},
		}})
		require.Empty(t, problems, source)
		require.Equal(t, want, plan.Step("clips").Items.ItemsOf(), source)
	}
}
