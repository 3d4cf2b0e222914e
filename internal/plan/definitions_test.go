package plan_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// decode reads a definition that can be read.
func decode(t *testing.T, text string) pipeline.Definition {
	t.Helper()
	var d pipeline.Definition
	require.NoError(t, json.Unmarshal([]byte(text), &d))
	return d
}

// decodeSteps reads a definition of these steps.
func decodeSteps(t *testing.T, steps string) pipeline.Definition {
	t.Helper()
	return decode(t, `{"name":"film","steps":`+steps+`}`)
}

// compile makes a plan of a definition that is valid.
func compile(t *testing.T, d pipeline.Definition) *plan.Plan {
	t.Helper()
	plan, err := plan.Compile(d)
	require.NoError(t, err)
	return plan
}

// problems are those of a definition that is wrong.
func problems(t *testing.T, d pipeline.Definition) pipeline.Problems {
	t.Helper()
	_, err := plan.Compile(d)
	var got pipeline.Problems
	require.ErrorAs(t, err, &got)
	return got
}

// stage is a pipeline whose step clip is given value, with something of each kind to
// refer to.
func stage(value any) pipeline.Definition {
	return pipeline.Definition{
		Name: "film",
		Inputs: pipeline.Named[pipeline.Input]{
			{Name: "scene"}, {Name: "count", Value: pipeline.Input{Type: plan.TypeInteger}},
			{Name: "strength", Value: pipeline.Input{Type: plan.TypeNumber}}, {Name: "rows", Value: pipeline.Input{Type: plan.TypeArray}},
			{Name: "sizes", Value: pipeline.Input{Type: plan.TypeObject}}, {Name: "draft", Value: pipeline.Input{Type: plan.TypeBoolean}},
		},
		Steps: pipeline.Named[pipeline.Step]{
			{Name: "still", Value: pipeline.Step{Model: "a/still"}},
			{Name: "shots", Value: pipeline.Step{Model: "a/still", ForEach: &pipeline.ForEach{Items: []any{"oil", "ink"}}}},
			{Name: "review", Value: pipeline.Step{Approve: &pipeline.Approve{}}},
			{Name: "clip", Value: pipeline.Step{Model: "a/clip", Input: map[string]any{"value": value}}},
		},
	}
}

// values are what expressions of the stage see. The still was skipped.
func values() map[string]any {
	return map[string]any{
		"inputs": map[string]any{
			"scene": "a quiet lighthouse", "count": 3, "strength": 2.5, "draft": true,
			"rows":  []any{map[string]any{"sku": "A<&"}, 2, 3.5},
			"sizes": map[string]any{"small": 1, "large": 2, "medium": nil},
		},
		"steps": map[string]any{
			"still": map[string]any{"state": "skipped", "error": "", "output": nil, "outputs": []any{}, "model": "a/still"},
			"shots": map[string]any{"state": "completed", "error": "", "output": []any{"u1", "u2"}, "outputs": []any{"u1", "u2"}, "items": []any{}},
		},
	}
}

// evaluate gives what the step clip is given.
func evaluate(t *testing.T, value any) (any, error) {
	t.Helper()
	input, err := compile(t, stage(value)).Step("clip").Inputs[0].Eval(values())
	if err != nil {
		return nil, err
	}
	return input.(map[string]any)["value"], nil
}
