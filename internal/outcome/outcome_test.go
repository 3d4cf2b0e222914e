package outcome_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/outcome"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

func raw(texts ...string) (outputs []json.RawMessage) {
	for _, text := range texts {
		outputs = append(outputs, json.RawMessage(text))
	}
	return outputs
}

func TestFromKeepsAllButTheInput(t *testing.T) {
	t.Parallel()
	got := outcome.From(provider.Prediction{
		ID: "p1", Model: "m", State: provider.StateFailed, Outputs: raw(`"https://x"`, `{"url":"y"}`, `null`),
		Input: json.RawMessage(`{"prompt":"x"}`), Failure: provider.Failure{Type: generation.ErrorTypeContentRejected, Reason: "failed: flagged"}, NSFW: []bool{true, false}, InferenceMS: 7,
	}, 100)
	require.Equal(t, wire.Outcome{
		PredictionID: "p1", Status: "failed", Failure: generation.ErrorTypeContentRejected, Error: "failed: flagged", Produced: generation.Produced{NSFW: []bool{true, false}, InferenceMS: 7, Outputs: []generation.Output{generation.Output(`"https://x"`), generation.Output(`{"url":"y"}`), generation.Output(`null`)}},
	}, got)
	require.Equal(t, wire.Outcome{}, outcome.From(provider.Prediction{}, 0))
}

// The size is that in a history, where the encoder has escaped and compacted.
func TestFromMeasuresTogether(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		outputs []json.RawMessage
		max     int
		omitted bool
	}{
		"just enough":     {raw(`"123"`, `"45"`), 9, false},
		"one too much":    {raw(`"123"`, `"45"`), 8, true},
		"each is enough":  {raw(`"123"`, `"123"`, `"123"`), 10, true},
		"escapes count":   {raw(`"&"`), 7, true},
		"escapes fit":     {raw(`"&"`), 8, false},
		"separators":      {raw("\"x\u2028\""), 8, true},
		"blanks are free": {raw(`[ ` + strings.Repeat(" ", 100) + `]`), 2, false},
		"none":            {nil, 0, false},
		"no JSON":         {raw(`"`), 100, true},
	} {
		got := outcome.From(provider.Prediction{ID: "p1", State: provider.StateCompleted, Outputs: test.outputs}, test.max)
		require.Equal(t, test.omitted, got.Omitted, name)
		if test.omitted {
			require.Empty(t, got.Outputs, name)
		} else {
			require.Len(t, got.Outputs, len(test.outputs), name)
		}
		require.Equal(t, "p1", got.PredictionID, name)
	}
}

func TestFromCutsTheRest(t *testing.T) {
	t.Parallel()
	flags := make([]bool, 5000)
	flags[999] = true
	got := outcome.From(provider.Prediction{Failure: provider.Failure{Reason: strings.Repeat("é", 5000)}, NSFW: flags}, 0)
	require.Equal(t, strings.Repeat("é", 1022)+"…", got.Error, "no half of a letter")
	require.Equal(t, flags[:1000], got.NSFW)
	require.Len(t, outcome.From(provider.Prediction{Failure: provider.Failure{Reason: strings.Repeat("x", 5000)}}, 0).Error, 2048)
	require.Equal(t, strings.Repeat("x", 2048), outcome.From(provider.Prediction{Failure: provider.Failure{Reason: strings.Repeat("x", 2048)}}, 0).Error)
}

// TestOutputsThatHoldNothing are none: whatever uses them would be paid for in vain.
func TestOutputsThatHoldNothing(t *testing.T) {
	t.Parallel()
	for text, none := range map[string]bool{
		`""`: true, `null`: true, `" \n"`: true, `"", null`: true, `"", "x"`: false, `0`: false, `false`: false, `[]`: false, `{}`: false,
	} {
		var outputs []json.RawMessage
		require.NoError(t, json.Unmarshal([]byte("["+text+"]"), &outputs))
		got := outcome.From(provider.Prediction{ID: "p1", State: provider.StateCompleted, Outputs: outputs}, 100)
		require.Equal(t, !none, got.Completed(), text)
		require.False(t, got.Omitted, text)
		if none {
			require.Equal(t, "the provider reports it as completed, but without outputs", got.Reason())
		}
	}
}
