package engine

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestLanes: there are as many children as the items in progress need.
func TestLanes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ atOnce, most, want int }{
		{10, 250, 4}, {1000, 250, 4}, {1001, 250, 5}, {20_000, 250, 80}, {20_000, 1, mostLanes},
	} {
		require.Equal(t, c.want, lanes(c.atOnce, c.most), "%d in progress, %d for each child", c.atOnce, c.most)
	}
}
