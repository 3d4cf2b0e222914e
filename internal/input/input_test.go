package input_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/input"
)

func TestInputErrorsDoNotRepeatTheInput(t *testing.T) {
	t.Parallel()
	for name, given := range map[string]any{
		"text":        "my secret prompt",
		"array":       []string{"my secret prompt"},
		"raw garbage": json.RawMessage(`{"prompt":"my secret prompt"`),
		"null":        json.RawMessage(`null`),
		"channel":     map[string]any{"prompt": "my secret prompt", "c": make(chan int)},
	} {
		_, err := input.Encode(given)
		require.ErrorContains(t, err, "input:", name)
		require.NotContains(t, err.Error(), "secret", name)
	}
	var typed struct {
		Prompt string `json:"prompt"`
	}
	encoded, err := input.Encode(typed)
	require.NoError(t, err)
	require.JSONEq(t, `{"prompt":""}`, string(encoded))
}
