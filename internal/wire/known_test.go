package wire_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// TestKnownPredictions: only what an answer or a webhook told is known.
func TestKnownPredictions(t *testing.T) {
	t.Parallel()
	var known wire.KnownPredictions
	known.Add(&generation.Status{Model: "a/b", Account: "default", Attempts: []*generation.Attempt{
		{PredictionID: "told", Nonce: "n1", State: generation.StateFailed},
		{PredictionID: "inferred", Nonce: "n2", Inferred: true, State: generation.StateCompleted},
		{PredictionID: "adopted", State: generation.StateCompleted},
		{Nonce: "n3", State: generation.StateUnknown},
		{Nonce: "n4", State: generation.StateAbsent},
		{State: generation.StateHeld},
	}}, "default")
	known.Add(&generation.Status{Account: "another", Attempts: []*generation.Attempt{{PredictionID: "p", Nonce: "n5"}}}, "default")
	require.Equal(t, wire.KnownPredictions{
		Predictions: []wire.Known{{PredictionID: "told", Nonce: "n1", Model: "a/b"}},
		Unknown:     []wire.UnknownSubmit{{Nonce: "n2", Model: "a/b", PredictionID: "inferred"}, {Nonce: "n3", Model: "a/b"}},
		Absent:      []string{"n4"},
	}, known)
}
