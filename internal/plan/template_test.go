package plan_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/strict"
)

func TestTemplates(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ value, want any }{
		"no expression":          {"a still", "a still"},
		"constant":               {7, 7},
		"whole text":             {"${{ inputs.scene }}", "a quiet lighthouse"},
		"whole integer":          {"${{ inputs.count }}", 3},
		"whole number":           {"${{inputs.strength}}", 2.5},
		"whole boolean":          {"${{ inputs.draft }}", true},
		"whole list":             {"${{ steps.shots.outputs }}", []any{"u1", "u2"}},
		"whole object":           {"${{ inputs.sizes }}", map[string]any{"small": 1, "large": 2, "medium": nil}},
		"whole null":             {"${{ steps.still.output }}", nil},
		"in a text":              {"${{ inputs.count }} stills, ${{ inputs.strength }} strong", "3 stills, 2.5 strong"},
		"side by side":           {"${{ inputs.count }}${{ inputs.count }}", "33"},
		"a space makes a text":   {"${{ inputs.count }} ", "3 "},
		"boolean in a text":      {"draft: ${{ inputs.draft }}", "draft: true"},
		"list in a text":         {"of ${{ inputs.rows }}", `of [{"sku":"A<&"},2,3.5]`},
		"object in a text":       {"of ${{ inputs.sizes }}", `of {"large":2,"medium":null,"small":1}`},
		"nothing else for null":  {"of ${{ steps.still.output ?? \"air\" }}", "of air"},
		"escaped":                {"$${{ inputs.count }}", "${{ inputs.count }}"},
		"escaped and not":        {"$${{ x }} and ${{ inputs.count }}", "${{ x }} and 3"},
		"escaped after a dollar": {"$$${{ x }}", "$${{ x }}"},
		"dollars alone":          {"costs $5 {{ x }}", "costs $5 {{ x }}"},
		"meant as it stands":     {"${{ \"{{ inputs.count }}\" }}", "{{ inputs.count }}"},
		"of no step":             {"steps.nosuch.output", "steps.nosuch.output"},
		"about steps":            {"steps.still is a step", "steps.still is a step"},
		"braces in quotes":       {"${{ \"}}\" + '}}' + `}}` }}", "}}}}}}"},
		"escaped quote":          {`${{ "\"}}" + '\'}}' }}`, `"}}'}}`},
		"backslash in backticks": {"${{ `\\` + \"}}\" }}", `\}}`},
		"object":                 {`${{ {"a": 1}}}`, map[string]any{"a": 1}},
		"objects in objects":     {`${{ {"a": {"b": 1}} }}`, map[string]any{"a": map[string]any{"b": 1}}},
		"brace after":            {`{"n": ${{ inputs.count }}}`, `{"n": 3}`},
		"closure":                {`${{ map(steps.shots.outputs, {# + "!"}) }}`, []any{"u1!", "u2!"}},
		"lines":                  {"${{\n  inputs.count\n  + 1\n}}", 4},
		"nested": {
			[]any{"${{ inputs.count }}", map[string]any{"b": []any{"x ${{ inputs.count }}", nil}, "a": 1.5}},
			[]any{3, map[string]any{"b": []any{"x 3", nil}, "a": 1.5}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := evaluate(t, c.value)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestTemplatesThatGiveNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		value any
		want  string
	}{
		"null in a text": {"of ${{ steps.still.output }}", "value: steps.still.output: is null, which can't be part of a string; provide a default with ??"},
		"in a list":      {[]any{1, "x ${{ steps.still.output }}"}, "is null"},
		"in an object":   {map[string]any{"a": "x ${{ steps.still.output }}"}, "value: a: steps.still.output: is null"},
		"infinite":       {"${{ inputs.count / 0 }}", "returns +Inf, which is not a JSON number"},
		"not a number":   {"${{ inputs.count * 0 / 0 }}", "returns NaN"},
		"infinite in it": {"${{ [inputs.count / 0] }}", "does not return a JSON value"},
		"odd keys":       {"${{ groupBy(inputs.rows, type(#)) }}", "does not return a JSON value"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := evaluate(t, c.value)
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestTemplatesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		value      any
		path       string
		expression int
		offset     int
		want       string
	}{
		"not closed":     {"x ${{ inputs.count", "value", 1, 0, "must end with }}"},
		"quote open":     {`${{ "a }}`, "value", 1, 0, "must end with }}"},
		"brace open":     {`${{ {"a": 1 }}`, "value", 1, 0, "must end with }}"},
		"other language": {"of {{ inputs.scene }}", "value", 0, 0, "{{ inputs.scene }} is not an expression; write ${{ inputs.scene }}"},
		"one bracket":    {"of ${ steps.still.output }", "value", 0, 0, "${ steps.still.output } is not an expression; write ${{ steps.still.output }}"},
		"half and half":  {"${{ inputs.scene }} of {{inputs.count}}", "value", 0, 0, "{{inputs.count}} is not an expression"},
		"no bracket":     {" steps.shots.outputs[0]", "value", 0, 0, "is a literal string; for the value write ${{ steps.shots.outputs[0] }}"},
		"empty":          {"${{ }}", "value", 1, 0, "the expression is empty"},
		"second of two":  {"${{ inputs.count }} ${{ inputs.nosuch }}", "value", 2, len(" inputs."), `there is no input "nosuch"`},
		"after escaped":  {"$${{ x }} ${{ inputs.nosuch }}", "value", 1, len(" inputs."), `there is no input "nosuch"`},
		"in characters":  {`${{ "é" + inputs.nosuch }}`, "value", 1, len(` "e" + inputs.`), `there is no input "nosuch"`},
		"inside":         {[]any{map[string]any{"a": "${{ inputs.nosuch }}"}}, "value[0].a", 1, len(" inputs."), `there is no input "nosuch"`},
		"no expression":  {"${{ 1 + }}", "value", 1, len(" 1 "), "unexpected token"},
		"too long":       {"${{ " + strings.Repeat("1+", 5000) + "1 }}", "value", 1, len(" "), "has 10001 bytes, more than 10000"},
		"deep as a well": {"${{ " + strings.Repeat("(", 1_000_000) + " }}", "value", 1, len(" "), "more than 10000"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := problems(t, stage(c.value))
			require.Len(t, got, 1)
			require.Equal(t, "steps.clip.input."+c.path, strict.PathText(got[0].Path))
			require.Equal(t, c.expression, got[0].Expression)
			require.Equal(t, c.offset, got[0].Offset)
			require.Contains(t, got[0].Message, c.want)
		})
	}
}

// TestPreview: unknown values become an Unknown of their type.
func TestPreview(t *testing.T) {
	t.Parallel()
	compiled := compile(t, stage(map[string]any{
		"known": "${{ inputs.count }}", "text": "of ${{ steps.still.output }}", "any": "${{ steps.still.output }}", "list": "${{ steps.shots.outputs }}",
		"string": "${{ steps.still.model }}", "integer": "${{ len(steps.shots.outputs) }}", "boolean": "${{ steps.still.state == \"x\" }}",
		"object": "${{ {\"a\": steps.still.output} }}", "within": []any{1, "${{ steps.still.output }}"},
	}))
	got, err := compiled.Step("clip").Inputs[0].Preview(values(), func(ref plan.Reference) bool { return ref.Root == plan.RootInputs })
	require.NoError(t, err)
	unknown := func(kind string) plan.Unknown { return plan.Unknown{Kind: kind} }
	require.Equal(t, map[string]any{"value": map[string]any{
		"known": 3, "text": unknown("string"), "any": unknown("any"), "list": unknown("array"), "string": unknown("string"),
		"integer": unknown("integer"), "boolean": unknown("boolean"), "object": unknown("object"), "within": []any{1, unknown("any")},
	}}, got)
}

// TestBrokenTemplatesHavePreviews: who looks for more that is wrong is not stopped by what
// was found already.
func TestBrokenTemplatesHavePreviews(t *testing.T) {
	t.Parallel()
	compiled, found := plan.Analyze(stage([]any{"${{ 1 + }}", 2}))
	require.Len(t, found, 1)
	got, err := compiled.Step("clip").Inputs[0].Eval(values())
	require.NoError(t, err)
	require.Equal(t, map[string]any{"value": []any{plan.Unknown{Kind: "any"}, 2}}, got)
}

func TestReferences(t *testing.T) {
	t.Parallel()
	template := compile(t, stage(map[string]any{
		"b": []any{"${{ steps.still.output }} of ${{ inputs.scene }}"}, "a": "${{ steps.shots.outputs[0] }}",
	})).Step("clip").Inputs[0]
	require.ElementsMatch(t, []plan.Reference{
		{Root: "steps", Name: "shots"}, {Root: "steps", Name: "shots", Field: "outputs"},
		{Root: "steps", Name: "still"}, {Root: "steps", Name: "still", Field: "output"}, {Root: "inputs", Name: "scene"},
	}, template.References())
}
