package wire_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

func TestOutcomes(t *testing.T) {
	t.Parallel()
	output := []generation.Output{generation.Output(`"https://cdn.test/1.png"`)}
	for name, c := range map[string]struct {
		outcome   wire.Outcome
		completed bool
		errorType generation.ErrorType
		retryable bool
	}{
		"completed":   {wire.Outcome{Status: "completed", Produced: generation.Produced{Outputs: output}}, true, "", false},
		"too large":   {wire.Outcome{Status: "completed", Produced: generation.Produced{Omitted: true}}, true, "", false},
		"no outputs":  {wire.Outcome{Status: "completed"}, false, generation.ErrorTypePredictionFailed, true},
		"failed":      {wire.Outcome{Status: "failed", Produced: generation.Produced{Outputs: output}}, false, generation.ErrorTypePredictionFailed, true},
		"told":        {wire.Outcome{Status: "failed", Failure: generation.ErrorTypePredictionFailed}, false, generation.ErrorTypePredictionFailed, true},
		"canceled":    {wire.Outcome{Status: "canceled"}, false, generation.ErrorTypePredictionFailed, false},
		"deleted":     {wire.Outcome{Status: "deleted"}, false, generation.ErrorTypePredictionFailed, false},
		"moderation":  {wire.Outcome{Status: "failed", Failure: generation.ErrorTypeContentRejected}, false, generation.ErrorTypeContentRejected, false},
		"wrong input": {wire.Outcome{Status: "failed", Failure: generation.ErrorTypeInvalidInput}, false, generation.ErrorTypeInvalidInput, false},
		"media":       {wire.Outcome{Status: "failed", Failure: generation.ErrorTypeMediaUnreachable}, false, generation.ErrorTypeMediaUnreachable, false},
	} {
		require.Equal(t, c.completed, c.outcome.Completed(), name)
		if !c.completed {
			require.Equal(t, c.errorType, c.outcome.ErrorType(), name)
			require.Equal(t, c.retryable, c.outcome.Retryable(), name)
			require.NotEmpty(t, c.outcome.Reason(), name)
		}
	}
}
