package tests

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// TestExclusiveKey: with an exclusive key, the charge alone identifies the prediction of a lost
// submit. An answered submit has shown which key is charged.
func TestExclusiveKey(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{
		Temporal: stack.StartTemporal(t), PollOnly: true, Env: []string{"WAVESPEED_EXCLUSIVE_KEYS=true"},
		Simulator: wavespeedtest.Options{Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.AcceptedReset, Input: "lost"}}},
	})
	require.Contains(t, s.Worker.Log(), "WAVESPEED_EXCLUSIVE_KEYS says that only this namespace uses the API keys")
	_, err := s.Result(s.Generate(soon(still("answered"))))
	require.NoError(t, err)
	result, err := s.Result(s.Generate(still("lost")))
	require.NoError(t, err)
	ledger := s.Simulator.Ledger()
	require.Len(t, ledger, 2)
	require.Equal(t, ledger[1].PredictionID, result.PredictionID)
	require.True(t, result.Attempts[0].Inferred)
	client, err := wavespeed.New(wavespeed.Options{APIKey: wavespeedtest.DefaultKey})
	require.NoError(t, err)
	require.Equal(t, client.KeyFingerprint(), result.Attempts[0].APIKey)
}
