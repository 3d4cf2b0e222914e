package file_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline/file"
)

// FuzzParse: nothing that somebody writes ends the program, each problem has a place, and
// what is valid in a file is valid on the wire as well.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"",
		"steps: {still: {model: a/b}}",
		`{"steps":{"still":{"model":"a/b","input":{"prompt":"x ${{ inputs.scene }}"}}}}`,
		"inputs: {rows: array}\nbudget: 1\nsteps:\n  shots:\n    for_each: {items: '${{ inputs.rows }}', key: item.sku, tolerate: 5%}\n    model: a/b\n    retry: 2\n    timeout: 1h\n",
		"steps:\n  a: &a\n    model: a/b\n    fallback: [a/c, {model: a/d, input: {}, on: [RateLimited]}]\n  b: {<<: *a, needs: [a]}\n",
		"steps:\n  a: {model: a/b, input: {p: 'x'}}\n  ask:\n    approve: {show: '${{ steps.a.output }}', regenerate: []}\noutputs: {a: [\"${{ steps.ask.choice }}\"]}\n",
		"steps: {a: {model: a/b, input: {p: &x [*x, $${{, é, 1e3, ~]}}}",
	} {
		f.Add([]byte(seed))
	}
	examples, err := filepath.Glob("../../examples/pipelines/*.yaml")
	require.NoError(f, err)
	for _, name := range examples {
		text, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		parsed, err := file.Parse("fuzz.yaml", text)
		if err == nil {
			err = parsed.Check()
		}
		if err != nil {
			var problems pipeline.Problems
			require.ErrorAs(t, err, &problems)
			for _, problem := range problems {
				require.Positive(t, problem.Line)
				require.Positive(t, problem.Column)
			}
			return
		}
		encoded, err := json.Marshal(parsed.Definition)
		require.NoError(t, err)
		var decoded pipeline.Definition
		require.NoError(t, json.Unmarshal(encoded, &decoded))
		require.Equal(t, parsed.Definition, decoded)
		_, err = plan.Compile(decoded)
		require.NoError(t, err)
	})
}
