package pipeline_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

func TestShortForms(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ short, long string }{
		"input":    {`{"inputs":{"n":"integer"}}`, `{"inputs":{"n":{"type":"integer"}}}`},
		"budget":   {`{"budget":2.5}`, `{"budget":{"usd":2.5}}`},
		"list":     {`{"steps":{"a":{"for_each":["oil",1,2.5]}}}`, `{"steps":{"a":{"for_each":{"items":["oil",1,2.5]}}}}`},
		"items":    {`{"steps":{"a":{"for_each":"${{ inputs.rows }}"}}}`, `{"steps":{"a":{"for_each":{"items":"${{ inputs.rows }}"}}}}`},
		"retry":    {`{"steps":{"a":{"retry":3}}}`, `{"steps":{"a":{"retry":{"predictions":3}}}}`},
		"fallback": {`{"steps":{"a":{"fallback":["x/y","x/z"]}}}`, `{"steps":{"a":{"fallback":[{"model":"x/y"},{"model":"x/z"}]}}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, decode(t, c.long), decode(t, c.short))
		})
	}
}

func TestTolerance(t *testing.T) {
	t.Parallel()
	for text, c := range map[string]struct {
		written string
		want    pipeline.Tolerance
	}{
		`3`:      {`3`, pipeline.Tolerance{Items: 3}},
		`0`:      {`0`, pipeline.Tolerance{}},
		`"5%"`:   {`"5%"`, pipeline.Tolerance{Percent: 5}},
		`"2.5%"`: {`"2.5%"`, pipeline.Tolerance{Percent: 2.5}},
		`"100%"`: {`"100%"`, pipeline.Tolerance{Percent: 100}},
		`"0%"`:   {`0`, pipeline.Tolerance{}},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			var tolerance pipeline.Tolerance
			require.NoError(t, json.Unmarshal([]byte(text), &tolerance))
			require.Equal(t, c.want, tolerance)
			encoded, err := json.Marshal(tolerance)
			require.NoError(t, err)
			require.Equal(t, c.written, string(encoded))
		})
	}
	for _, text := range []string{`"5"`, `"x%"`, `"-1%"`, `"101%"`, `"%"`, `true`, `1.5`} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			require.Error(t, json.Unmarshal([]byte(text), new(pipeline.Tolerance)))
		})
	}
}

// TestUnknownFieldsAreRefused: a field that is misspelt would be left out in silence, and
// what is made without it is billed.
func TestUnknownFieldsAreRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"budgt":1}`:                               "budgt: is not known; did you mean budget?",
		`{"Name":"x"}`:                              "Name: is not known; did you mean name?",
		`{"inputs":{"a":{"wrong":1}}}`:              "inputs.a.wrong: is not known; known fields: default, description, enum, type",
		`{"budget":{"wrong":1}}`:                    "budget.wrong: is not known; known fields: on_exceeded, usd",
		`{"steps":{"a":{"inputs":{}}}}`:             "steps.a.inputs: is not known; did you mean input?",
		`{"steps":{"a":{"for_each":{"item":1}}}}`:   "steps.a.for_each.item: is not known; did you mean items?",
		`{"steps":{"a":{"retry":{"wrong":1}}}}`:     "steps.a.retry.wrong: is not known; known fields: predictions, wait",
		`{"steps":{"a":{"fallback":[{"modl":1}]}}}`: "steps.a.fallback.0.modl: is not known; did you mean model?",
		`{"steps":{"a":{"approve":{"need":1}}}}`:    "steps.a.approve.need: is not known; did you mean needed?",
		`{"name":"x","name":"y"}`:                   "name: is listed twice",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			require.EqualError(t, json.Unmarshal([]byte(text), new(pipeline.Definition)), want)
		})
	}
}

// TestRunsAreReadStrictly too, with numbers as they are written.
func TestRunsAreReadStrictly(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"budgt":1}`:                          "budgt: is not known; did you mean budget?",
		`{"pipeline":{"steps":{"a":{"x":1}}}}`: "pipeline.steps.a.x: is not known; known fields: account, approve, description, fallback, for_each, if, input, model, needs, on_insufficient_credits, on_unknown, retry, timeout",
		`{"resume":{"run_id":"r","form":"a"}}`: "resume.form: is not known; did you mean from?",
		`{"resume":{"input":{"a":5}}}`:         "resume.input.a: must be an object, and is a number",
		`{"budget":"1"}`:                       `budget: "1" is not an amount of US dollars such as 2.50`,
		`{"inputs":[]}`:                        "inputs: must be an object, and is a list",
		`5`:                                    "must be an object, and is a number",
	} {
		require.EqualError(t, json.Unmarshal([]byte(text), new(pipeline.Request)), want)
	}
	var run pipeline.Request
	require.NoError(t, json.Unmarshal([]byte(`{"requires":1,"inputs":{"seed":9007199254740993,"f":1.5},"resume":{"run_id":"r","input":{"a":{"n":[2.0]}}}}`), &run))
	require.Equal(t, map[string]any{"seed": 9007199254740993, "f": 1.5}, run.Inputs)
	require.Equal(t, map[string]any{"n": []any{2}}, run.Resume.Input["a"])
}

func TestWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"step twice":         {`{"steps":{"a":{},"a":{}}}`, `"a" is listed twice`},
		"input twice":        {`{"inputs":{"a":{},"a":{}}}`, `"a" is listed twice`},
		"output twice":       {`{"outputs":{"a":1,"a":1}}`, `"a" is listed twice`},
		"steps in a list":    {`{"steps":[]}`, "must be an object"},
		"model is a number":  {`{"steps":{"a":{"model":5}}}`, "steps.a.model: must be a string, and is a number"},
		"timeout is a word":  {`{"steps":{"a":{"timeout":"soon"}}}`, `"soon" is not a duration such as 90s`},
		"timeout is seconds": {`{"steps":{"a":{"timeout":90}}}`, "steps.a.timeout: must be a string, and is a number"},
		"wait is a word":     {`{"steps":{"a":{"retry":{"predictions":2,"wait":"soon"}}}}`, `"soon" is not a duration`},
		"half a prediction":  {`{"steps":{"a":{"retry":1.5}}}`, "steps.a.retry: must be a whole number, and is another one"},
		"budget is a text":   {`{"budget":"5"}`, "budget"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.ErrorContains(t, json.Unmarshal([]byte(c.text), new(pipeline.Definition)), c.want)
		})
	}
}

// whole has every field.
const whole = `{
	"name": "film", "description": "d",
	"inputs": {"z": {"type": "integer", "description": "n", "default": 2, "enum": [1, 2]}, "a": {"type": "file"}},
	"account": "team", "budget": {"usd": 2.5, "on_exceeded": "fail"},
	"steps": {
		"zoom": {
			"description": "d", "needs": ["ask"], "if": "inputs.z > 1", "model": "x/zoom", "input": {"n": 1, "f": 1.5, "l": [1, {"m": 2}]},
			"for_each": {"items": ["a", 1], "key": "item", "max_parallel": 3, "tolerate": "5%"}, "account": "other",
			"timeout": "1h30m0s", "retry": {"predictions": 2, "wait": "10s"},
			"fallback": [{"model": "x/y", "input": {"n": 3}, "on": ["RateLimited"]}], "on_unknown": "resubmit"
		},
		"ask": {"approve": {
			"message": "Good?", "show": ["x"], "choose": [1], "approvers": ["art"], "needed": 1, "timeout": "1h0m0s", "on_timeout": "approve", "regenerate": []
		}}
	},
	"outputs": {"z": "${{ steps.zoom.output }}", "a": [1, 2.5]}
}`

func TestDefinitionOnTheWire(t *testing.T) {
	t.Parallel()
	d := decode(t, whole)
	encoded, err := json.Marshal(d)
	require.NoError(t, err)
	require.JSONEq(t, whole, string(encoded))
	require.Equal(t, d, decode(t, string(encoded)))
	require.Equal(t, []string{"zoom", "ask"}, names(d.Steps), "steps keep their order")
	require.Equal(t, []string{"z", "a"}, names(d.Inputs))
	require.Equal(t, []string{"z", "a"}, names(d.Outputs))
	require.Equal(t, pipeline.Duration(90*time.Minute), d.Steps[0].Value.Timeout)
}

// TestEmptyIsNotLeftOut: a fallback with an empty input, and an empty list of steps to
// regenerate, differ from missing ones.
func TestEmptyIsNotLeftOut(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"fallback without input": `{"name":"film","steps":{"a":{"model":"x/y","fallback":[{"model":"x/z","input":{}}]}}}`,
		"nothing to regenerate":  `{"name":"film","steps":{"a":{"approve":{"regenerate":[]}}}}`,
		"a default of false":     `{"name":"film","inputs":{"a":{"type":"boolean","default":false}},"steps":{}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			encoded, err := json.Marshal(decode(t, text))
			require.NoError(t, err)
			require.JSONEq(t, text, string(encoded))
		})
	}
}

func TestNamed(t *testing.T) {
	t.Parallel()
	var n pipeline.Named[int]
	require.NoError(t, json.Unmarshal([]byte(`{"b":1,"a":2}`), &n))
	value, known := n.Get("a")
	require.True(t, known)
	require.Equal(t, 2, value)
	_, known = n.Get("c")
	require.False(t, known)
	encoded, err := json.Marshal(n)
	require.NoError(t, err)
	require.Equal(t, `{"b":1,"a":2}`, string(encoded))
	require.NoError(t, json.Unmarshal([]byte(`null`), &n))
	require.Empty(t, n)
	require.ErrorContains(t, json.Unmarshal([]byte(`{"a":"x"}`), &n), "a: ")
}
