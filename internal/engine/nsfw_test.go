package engine_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// gated makes a picture, pictures and, of what is not flagged, more.
const gated = `
inputs: {scene: string, rows: array}
steps:
  still: {model: a/b, input: {prompt: "${{ inputs.scene }}"}}
  shots: {model: a/b, for_each: "${{ inputs.rows }}", input: {prompt: "${{ item }}"}}
  clip: {model: a/b, if: "not any(steps.still.nsfw, #)", input: {prompt: clip}}
  film: {model: a/b, if: "none(steps.shots.nsfw, # == true)", input: {prompt: film}}
  told: {model: a/b, input: {prompt: "${{ join(map(steps.shots.items, join(map(.nsfw, # ? 'yes' : 'no'), '')), ',') }}"}}
outputs:
  still: ${{ steps.still.nsfw }}
  shots: ${{ steps.shots.nsfw }}
`

// TestModerationGate: flagged outputs stay flagged in runs that keep them.
func TestModerationGate(t *testing.T) {
	t.Parallel()
	many := make([]any, 60) // which are made in children
	for i := range many {
		many[i] = fmt.Sprintf("checked %d", i)
	}
	flaggedOfMany := append(many[:59:59], any("checked and flagged"))
	for name, c := range map[string]struct {
		scene string
		rows  []any
		made  []string // of clip and film
		still []any
	}{
		"nothing is flagged": {"checked", []any{"checked one", "two"}, []string{"clip", "film"}, []any{false}},
		"the picture is":     {"checked and flagged", []any{"checked one"}, []string{"film"}, []any{true}},
		"one of many is":     {"not told", []any{"checked one", "checked and flagged"}, []string{"clip"}, []any{}},
		"one of a child's":   {"not told", flaggedOfMany, []string{"clip"}, []any{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inputs := map[string]any{"scene": c.scene, "rows": c.rows}
			made := func(s *stage) (made []string) {
				for _, prompt := range s.prompts {
					if prompt == "clip" || prompt == "film" {
						made = append(made, prompt)
					}
				}
				return made
			}
			first := newStage(t)
			first.run(gated, inputs)
			require.ElementsMatch(t, c.made, made(first))
			require.Equal(t, c.still, first.result().Outputs["still"])
			require.Len(t, first.result().Outputs["shots"], len(c.rows))

			value, err := first.QueryWorkflow(wire.RunResultsQuery, runwire.Cursor{})
			require.NoError(t, err)
			var page runwire.Page
			require.NoError(t, value.Get(&page))
			require.Nil(t, page.Next)
			for _, item := range page.Steps[0].Items {
				require.Equal(t, int64(42), item.Last().InferenceMS)
			}
			second := newStage(t)
			second.resumed(gated, inputs, page.Steps)
			require.Empty(t, second.prompts, "all is kept, and the gate as shut as before")
			require.Equal(t, first.result().Outputs, second.result().Outputs)
		})
	}
}
