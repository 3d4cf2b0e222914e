package plan_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// TestExpressionsAreSteady: nothing that differs between two replays is available.
func TestExpressionsAreSteady(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		`now()`:              "unknown name now",
		`date("2026-01-01")`: "unknown name date",
		`duration("1h")`:     "unknown name duration",
		`timezone("UTC")`:    "unknown name timezone",
		`repeat("x", 9)`:     "unknown name repeat",
		`reduce([1], #acc)`:  "unknown name reduce",
		`$env`:               "$env is not available",
		`$env["inputs"]`:     "$env is not available",
	} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			got := problems(t, stage("${{ "+source+" }}"))
			require.Len(t, got, 1)
			require.Contains(t, got[0].Message, want)
		})
	}
}

// TestObjectsAreInOrder many times over, since Go iterates over maps at random.
func TestObjectsAreInOrder(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]any{
		"keys(inputs.sizes)":                     []any{"large", "medium", "small"},
		"values(inputs.sizes)":                   []any{2, nil, 1},
		"toPairs(inputs.sizes)":                  []any{[]any{"large", 2}, []any{"medium", nil}, []any{"small", 1}},
		"keys(inputs.rows[0])":                   []any{"sku"},
		"fromPairs(toPairs(inputs.sizes)).small": 1,
		"toJSON(inputs.sizes) | len()":           len("{\n  \"large\": 2,\n  \"medium\": null,\n  \"small\": 1\n}"),
	} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			expression := compile(t, stage("${{ "+source+" }}")).Step("clip").Inputs[0]
			for range 50 {
				got, err := expression.Eval(values())
				require.NoError(t, err)
				require.Equal(t, map[string]any{"value": want}, got)
			}
		})
	}
}

// TestReferencesAreNames: what a step waits for must be known before the run.
func TestReferencesAreNames(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		`steps[inputs.scene]`:                 "steps must be followed by a name",
		`steps["st" + "ill"]`:                 "steps must be followed by a name",
		`steps`:                               "steps must be followed by a name",
		`inputs`:                              "inputs must be followed by a name",
		`keys(inputs)`:                        "inputs must be followed by a name",
		`get(steps, "still")`:                 "steps must be followed by a name",
		`let s = steps; s.still.output`:       "steps must be followed by a name",
		`map(steps.shots.outputs, steps[#])`:  "steps must be followed by a name",
		`inputs.nosuch`:                       `there is no input "nosuch"`,
		`inputs.scen`:                         `there is no input "scen"; did you mean scene?`,
		`inputs["scen"]`:                      `there is no input "scen"; did you mean scene?`,
		`steps.stil.output`:                   `there is no step "stil"; did you mean still?`,
		`steps.still.outptu`:                  "steps.still has no outptu; it has error, model, nsfw, output, outputs, state",
		`steps.still.items`:                   "steps.still has no items; it has",
		`steps.shots.model`:                   "steps.shots has no model; it has error, items, nsfw, output, outputs, state",
		`steps.still.choice`:                  "steps.still has no choice; it has",
		`scene`:                               "unknown name scene",
		`nosuch(1)`:                           "unknown name nosuch",
		`item`:                                "item is only available in the input and the key of a step with for_each",
		`index`:                               "index is only available in the input",
		`inputs.count = 3`:                    "use == to compare",
		`keys(inputs.scene)`:                  "cannot use string",
		`inputs.scene + inputs.count`:         "mismatched types string and int",
		`inputs.rows["a"]`:                    "array elements can only be selected using an integer",
		`1 +`:                                 "unexpected token",
		strings.Repeat("1+", 1000) + "1":      "nodes",
		strings.Repeat("!", 9000) + "true":    "nodes",
		`"a" + ("b" matches "[" ? "c" : "d")`: "missing closing ]",
	} {
		t.Run(source[:min(len(source), 40)], func(t *testing.T) {
			t.Parallel()
			got := problems(t, stage("${{ "+source+" }}"))
			require.Len(t, got, 1)
			require.Contains(t, got[0].Message, want)
			require.NotContains(t, got[0].Message, "\n", "one line each")
		})
	}
}

func TestReferencesThatAreRight(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]any{
		`inputs["scene"]`:                 "a quiet lighthouse",
		`steps?.still?.output`:            nil,
		`steps["shots"]["outputs"][1]`:    "u2",
		`steps.shots.outputs | last()`:    "u2",
		`let n = inputs.count; n * 2`:     6,
		`filter(inputs.rows, # == 2)`:     []any{2},
		`{steps: 1, inputs: 2}.steps`:     1,
		`inputs.rows[0].steps`:            nil,
		`inputs.rows[0]?.inputs ?? "n/a"`: "n/a",
	} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			got, err := evaluate(t, "${{ "+source+" }}")
			require.NoError(t, err)
			require.Equal(t, want, got)
		})
	}
}

// TestExpressionErrorsDoNotRepeatValues: they may be prompts.
func TestExpressionErrorsDoNotRepeatValues(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		`int(inputs.scene)`:                         "got a text that is not a number",
		`float(inputs.scene)`:                       "cannot be evaluated with these values",
		`fromJSON(inputs.scene)`:                    "cannot be evaluated with these values",
		`inputs.scene matches (inputs.scene + "[")`: "cannot be evaluated with these values",
		`inputs.rows[inputs.count]`:                 "index out of range: 3 (array length is 3)",
		`inputs.rows[1].sku`:                        "cannot fetch sku from int",
		`steps.still.output.url`:                    "cannot fetch url from null",
		`inputs.rows[0] + 1`:                        "invalid operation: object + int",
		`inputs.count % 0`:                          "integer divide by zero",
		`keys(inputs.rows[1])`:                      "is not an object",
		`filter(inputs.rows[1], true)`:              "filter(inputs.rows[1], true): ",
		`inputs.rows[0][1:2]`:                       "cannot be evaluated with these values",
		`fromPairs([[inputs.scene]])`:               "cannot be evaluated with these values",
		`fromJSON("[null]")[0][inputs.scene]`:       "cannot be evaluated with these values",
		`inputs.rows[0].sku[inputs.rows[0].sku]`:    "inputs.rows[0].sku[inputs.rows[0].sku]: ",
		`map(inputs.rows, int(# + inputs.rows[0]))`: "map(inputs.rows, int(# + inputs.rows[0])): ",
	} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			_, err := evaluate(t, "${{ "+source+" }}")
			require.ErrorContains(t, err, "value: "+source+": ")
			require.ErrorContains(t, err, want)
			require.NotContains(t, err.Error(), "lighthouse")
			require.NotContains(t, err.Error(), "A<&")
		})
	}
}

func TestExpressionsAreBounded(t *testing.T) {
	t.Parallel()
	for _, source := range []string{
		`len(1..10000000)`,
		`map(1..1000, map(1..1000, map(1..1000, #)))`,
	} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			_, err := evaluate(t, "${{ "+source+" }}")
			require.ErrorContains(t, err, "memory budget exceeded")
		})
	}
}

// TestConditions: if stands alone, with or without ${{ }}, and gives true or false.
func TestConditions(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		`inputs.draft`:                        "",
		`${{ inputs.draft }}`:                 "",
		"  ${{ inputs.draft }}\n":             "",
		`steps.still.output`:                  "", // only known in the run
		`inputs.count`:                        "returns an integer; must return true or false",
		`inputs.scene`:                        "returns a string; must return true or false",
		`steps.shots.outputs`:                 "returns an array; must return true or false",
		`inputs.sizes`:                        "returns an object; must return true or false",
		`${{ inputs.draft }} && inputs.draft`: "unexpected token",
		`inputs.draft &&`:                     "unexpected token",
		` `:                                   "unexpected token",
		`${{ }}`:                              "the expression is empty",
		`item == 1`:                           "item is only available in the input",
	} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			d := stage("x")
			d.Steps[3].Value.If = source
			_, err := plan.Compile(d)
			if want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, "steps.clip.if: ")
			require.ErrorContains(t, err, want)
		})
	}
}

func TestOffsetsOfConditions(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]int{
		"inputs.nosuch":           len("inputs."),
		"  inputs.nosuch":         len("  inputs."),
		"${{  inputs.nosuch }}":   len("  inputs."),
		" ${{ inputs.nosuch }}":   len(" inputs."),
		"inputs.draft && nosuch ": len("inputs.draft && "),
	} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			d := stage("x")
			d.Steps[3].Value.If = source
			got := problems(t, d)
			require.Len(t, got, 1)
			require.Equal(t, want, got[0].Offset)
		})
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		items any
		want  string
	}{
		"list":               {[]any{"oil", "${{ inputs.scene }}"}, ""},
		"list of none":       {[]any{}, ""},
		"list by expression": {"${{ inputs.rows }}", ""},
		"only known later":   {"${{ steps.shots.outputs }}", ""},
		"one output":         {"${{ steps.still.output }}", "returns one output; must return a list: use steps.still.outputs"},
		"none":               {nil, "is required"},
		"text":               {"oil", "must be a list"},
		"text with a list":   {"x ${{ inputs.rows }}", "must be a list"},
		"object":             {map[string]any{"a": 1}, "must be a list"},
		"a string":           {"${{ inputs.scene }}", "returns a string; must return a list"},
		"an integer":         {"${{ inputs.count }}", "returns an integer; must return a list"},
		"items of items":     {"${{ item }}", "item is only available in the input"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := stage("x")
			d.Steps[3].Value.ForEach = &pipeline.ForEach{Items: c.items}
			_, err := plan.Compile(d)
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, "steps.clip.for_each.items")
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestItemsHaveNamesInside(t *testing.T) {
	t.Parallel()
	d := stage("${{ item.sku }} is ${{ index + 1 }}")
	d.Steps[3].Value.ForEach = &pipeline.ForEach{Items: "${{ inputs.rows }}", Key: "item.sku"}
	step := compile(t, d).Step("clip")
	scope := values()
	scope["item"], scope["index"] = map[string]any{"sku": "A1"}, 4
	input, err := step.Inputs[0].Eval(scope)
	require.NoError(t, err)
	require.Equal(t, map[string]any{"value": "A1 is 5"}, input)
	key, err := step.Key.Eval(scope)
	require.NoError(t, err)
	require.Equal(t, "A1", key)
}

// TestCompileTellsTheSame: a run is compiled by several workers, and in each replay.
func TestCompileTellsTheSame(t *testing.T) {
	t.Parallel()
	d := stage(map[string]any{"a": "${{ inputs.x }}", "b": "${{ steps.y.output }}", "c": "${{ 1 + }}", "d": []any{"${{ now() }}", "${{ inputs.scen }}"}})
	d.Steps[0].Value.Needs = []string{"nosuch"}
	d.Steps[1].Value.Input = map[string]any{"p": "${{ z }}", "o": "${{ inputs.z }}", "n": "${{ steps.z.output }}"}
	d.Outputs = pipeline.Named[any]{{Name: "o", Value: map[string]any{"k": "${{ q }}", "j": "${{ inputs.q }}"}}}
	encoded, err := json.Marshal(d)
	require.NoError(t, err)
	want := problems(t, d).Error()
	require.Equal(t, 11, len(problems(t, d)), want)
	for range 50 {
		require.Equal(t, want, problems(t, decode(t, string(encoded))).Error())
	}
}
