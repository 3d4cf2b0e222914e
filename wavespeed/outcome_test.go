package wavespeed_test

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/outcome"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

// FuzzOutcome: what comes out of a body fits into a history.
func FuzzOutcome(f *testing.F) {
	f.Add([]byte(`{"id":"p1","status":"completed","outputs":["x",{"url":"&"}],"error":"é"}`), 20)
	f.Add([]byte(`{"id":"p1","status":"failed","outputs":"\u2028","has_nsfw_contents":[true],"code":1200}`), 4)
	f.Fuzz(func(t *testing.T, body []byte, max int) {
		prediction, err := wavespeed.ParsePrediction(body)
		if err != nil {
			return
		}
		got := outcome.From(prediction, max)
		require.LessOrEqual(t, len(got.Error), 2048)
		require.True(t, utf8.ValidString(got.Error))
		require.LessOrEqual(t, len(got.NSFW), 1000)
		require.Equal(t, prediction.ID, got.PredictionID)
		require.Equal(t, string(prediction.State), got.Status)
		size := 0
		for _, output := range got.Outputs {
			encoded, err := json.Marshal(output)
			require.NoError(t, err)
			size += len(encoded)
		}
		if len(got.Outputs) > 0 {
			require.LessOrEqual(t, size, max)
		}
		require.True(t, got.Omitted || len(got.Outputs) == 0 || len(got.Outputs) == len(prediction.Outputs), "all or none")
	})
}
