package wire_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

func TestDefaults(t *testing.T) {
	t.Parallel()
	got := wire.WithDefaults(generation.Request{Model: "m"})
	require.Equal(t, wire.DefaultKey, got.Key)
	require.Equal(t, generation.DefaultAccount, got.Account)
	require.Equal(t, 6*time.Hour, got.Timeout)
	require.Equal(t, 1, got.MaxPredictions)
	require.Equal(t, generation.FailUnknown, got.OnUnknown)
	require.Equal(t, generation.FailWithoutCredits, got.OnInsufficientCredits)
	require.Equal(t, generation.Timing{
		Submit: time.Minute, Settle: 2 * time.Minute, Grace: 2 * time.Minute, Poll: 2 * time.Second, Resubmit: 10 * time.Second, TopUp: 5 * time.Minute,
	}, got.Timing)
	require.NoError(t, got.Validate())
	set := wire.WithDefaults(generation.Request{Model: "m", Key: "k", Timeout: time.Hour, Timing: generation.Timing{Grace: time.Second}})
	require.Equal(t, "k", set.Key)
	require.Equal(t, time.Hour, set.Timeout)
	require.Equal(t, time.Second, set.Timing.Grace)
}
