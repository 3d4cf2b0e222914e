package cli_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// TestLineEndsBuyNothing: git changed the line endings of the pipeline and of its text, and the
// rerun regenerates nothing.
func TestLineEndsBuyNothing(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{})
	pipeline := "inputs: {text: string}\nsteps:\n  still:\n    model: wavespeed-ai/flux-dev\n    input:\n      prompt: \"a cat\n        in ${{ inputs.text }}\n\n        at night\"\n"
	id, text := newID(), "the\nrain\n"
	code, _, err := s.run(t, "pipeline", "run", written(t, "p.yaml", pipeline), "text=@"+written(t, "a.txt", text), "--id", id)
	require.Zero(t, code, err)
	require.Contains(t, string(s.Simulator.Ledger()[0].Input), `"prompt":"a cat in the\nrain\nat night"`)
	for _, end := range []string{"\r\n", "\r"} {
		changed := func(name, text string) string { return written(t, name, strings.ReplaceAll(text, "\n", end)) }
		code, _, err = s.run(t, "pipeline", "rerun", id, "--file", changed("p.yaml", pipeline), "text=@"+changed("a.txt", text))
		require.Zero(t, code, err)
	}
	require.Len(t, s.Simulator.Ledger(), 1)
}

// TestDigitsReachTheProvider: a float64 would have rounded them.
func TestDigitsReachTheProvider(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{Models: []wavespeedtest.Model{{ID: "test/any", Shortest: time.Millisecond, Longest: time.Millisecond}}})
	p := written(t, "p.yaml", `
inputs: {n: integer, rows: array}
steps:
  given: {model: test/any, input: {prompt: x, seed: "${{ inputs.n }}"}}
  stated: {model: test/any, input: {prompt: y, seed: 18446744073709551615}}
  each: {model: test/any, for_each: "${{ inputs.rows }}", input: {prompt: z, seed: "${{ item.seed }}"}}
`)
	code, _, err := s.run(t, "pipeline", "run", p, "n=9007199254740993", "rows=@"+written(t, "rows.json", `[{"seed": 18446744073709551615}]`))
	require.Zero(t, code, err)
	code, _, err = s.run(t, "generate", "test/any", "--input", written(t, "in.json", "\ufeff{\"prompt\": \"z\", \"seed\": 18446744073709551615}"), "--wait")
	require.Zero(t, code, err)
	require.Len(t, s.Simulator.Ledger(), 4)
	for _, entry := range s.Simulator.Ledger() {
		require.Regexp(t, `"prompt":"x","seed":9007199254740993|"prompt":"[yz]","seed":18446744073709551615`, string(entry.Input))
	}
}
