package wire_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

func TestIsPaused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		names []string
		want  bool
	}{
		{nil, false},
		{[]string{"pipeline", "wavespeed.paused/x", "7"}, false},
		{[]string{wire.PausedMemo(1)}, true},
		{[]string{wire.PausedMemo(1), wire.ResumedMemo(1)}, false},
		{[]string{wire.ResumedMemo(9), wire.PausedMemo(10), wire.PausedMemo(9)}, true},
		{[]string{wire.ResumedMemo(10), wire.PausedMemo(10)}, false},
	} {
		require.Equal(t, c.want, wire.IsPaused(slices.Values(c.names)), c.names)
	}
}
