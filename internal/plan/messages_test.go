package plan_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline/file"
)

// said is everything that a file's author is told.
func said(t *testing.T, text string) string {
	t.Helper()
	f, err := file.Parse("film.yaml", []byte(text))
	if err == nil {
		err = f.Check()
	}
	if err == nil {
		return ""
	}
	var problems pipeline.Problems
	require.True(t, errors.As(err, &problems), "%v", err)
	return problems.Error()
}

// TestMessagesNameThePlaceAndTheCure has habits of other tools, and slips.
func TestMessagesNameThePlaceAndTheCure(t *testing.T) {
	t.Parallel()
	const head = "inputs: {scene: string}\nsteps:\n  still:\n    model: a/b\n"
	for name, c := range map[string]struct{ text, want string }{
		"braces without a dollar":         {head + "    input:\n      prompt: {{ inputs.scene }}\n", `film.yaml:6:16: steps.still.input.prompt: {{ inputs.scene }} is not an expression; write ${{ inputs.scene }}`},
		"braces in a list":                {head + "    input:\n      images: [{{ inputs.scene }}]\n", `film.yaml:6:17: steps.still.input.images[0]: {{ inputs.scene }} is not an expression; write ${{ inputs.scene }}`},
		"apostrophe in single quotes":     {head + "    input:\n      prompt: ${{ inputs.scene + 'it's' }}\n", `film.yaml:6:18: steps.still.input.prompt: the quotes around a string with an apostrophe don't match; use double quotes, such as "it's"`},
		"apostrophe in a YAML text":       {head + "    input:\n      prompt: 'it's'\n", `film.yaml:6:19: unexpected 's' after a quoted string; inside '…' write '' for a quote, or use double quotes`},
		"object for each, without quotes": {head + "    for_each: ${{ map(1..4, {\"seed\": #}) }}\n", `film.yaml:5:36: a second ": " on a line; quote the expression, and put the object for each # in parentheses: '${{ map(1..4, ({"seed": #})) }}'`},
		"object for each, in quotes":      {head + "    for_each: '${{ map(1..4, {\"seed\": #}) }}'\n", `film.yaml:5:37: steps.still.for_each.items: unexpected token Operator(":"); put an object for each # in parentheses: map(list, ({"name": #}))`},
		"a colon without #":               {head + "    if: 'inputs.scene : 1'\n", `film.yaml:5:23: steps.still.if: unexpected token Operator(":")`},
		"steps as a list":                 {"steps:\n  - name: still\n    model: a/b\n", `film.yaml:1:1: steps: is a list; must be a mapping. Write each step under its name, without a dash`},
		"inputs as a list":                {"inputs:\n  - scene\nsteps: {still: {model: a/b}}\n", `film.yaml:1:1: inputs: is a list; must be a mapping. Write each input under its name, without a dash`},
		"depends_on":                      {head + "    depends_on: [x]\n", `film.yaml:5:5: steps.still.depends_on: is not known; write needs`},
		"when":                            {head + "    when: inputs.scene != ''\n", `film.yaml:5:5: steps.still.when: is not known; write if`},
		"prompt beside input":             {head + "    prompt: a cat\n    input: {size: 1}\n", `film.yaml:5:5: steps.still.prompt: is not known; fields of the model belong in input`},
		"a field with a typing error":     {head + "    modell: a/b\n", `film.yaml:5:5: steps.still.modell: is not known; did you mean model?`},
		"timeout without a unit":          {head + "    timeout: 10\n", `film.yaml:5:5: steps.still.timeout: must be a duration with a unit, such as 90s, 15m or 6h`},
		"wait without a unit":             {head + "    retry: {predictions: 2, wait: 10}\n", `film.yaml:5:29: steps.still.retry.wait: must be a duration with a unit, such as 90s, 15m or 6h`},
		"valid, with the cures applied":   {head + "    timeout: 10s\n    for_each: '${{ map(1..4, ({\"seed\": #})) }}'\n    if: inputs.scene != ''\n    input:\n      prompt: ${{ inputs.scene + \"it's\" }}\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, said(t, c.text))
		})
	}
}
