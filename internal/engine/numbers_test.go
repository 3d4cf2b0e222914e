package engine_test

import (
	"encoding/json"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
)

// TestLargeSeeds keep their digits wherever they come from: as a float64, two that differ
// would be one.
func TestLargeSeeds(t *testing.T) {
	t.Parallel()
	const seed, text = 9007199254740993, `
inputs: {rows: array, seed: integer}
steps:
  still: {model: a/b, input: {prompt: still, seed: "${{ inputs.seed }}"}}
  shots: {model: a/b, for_each: {items: "${{ inputs.rows }}", key: string(index)}, input: {prompt: "${{ item.name }}", seed: "${{ item.seed }}", of: "${{ inputs.seed }}"}}
`
	rows := make([]any, 60) // which are made in children
	for i := range rows {
		rows[i] = map[string]any{"name": strconv.Itoa(i), "seed": seed + 2*i}
	}
	s := newStage(t)
	s.resumed(text, map[string]any{"rows": rows, "seed": seed}, []runwire.StepResults{{
		ID: "shots", Input: map[string]any{"extra": seed + 4}, ItemInput: map[string]map[string]any{"1": {"own": seed + 6}},
	}})
	require.NoError(t, s.GetWorkflowError())
	require.Len(t, s.inputs, 61)
	for _, input := range s.inputs {
		var got struct {
			Prompt               string
			Seed, Of, Extra, Own int
		}
		require.NoError(t, json.Unmarshal(input, &got))
		if got.Prompt == "still" {
			require.Equal(t, seed, got.Seed)
			continue
		}
		i, err := strconv.Atoi(got.Prompt)
		require.NoError(t, err)
		require.Equal(t, []int{seed + 2*i, seed, seed + 4}, []int{got.Seed, got.Of, got.Extra})
		if i == 1 {
			require.Equal(t, seed+6, got.Own)
		}
	}
}
