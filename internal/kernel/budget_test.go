package kernel_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/kernel"
)

func TestGrants(t *testing.T) {
	t.Parallel()
	b := &kernel.Budget{Limit: generation.Dollars(10)}
	granted, ok := b.Grant(generation.Dollars(6), generation.Dollars(1))
	require.True(t, ok)
	require.Equal(t, generation.Dollars(6), granted)
	granted, ok = b.Grant(generation.Dollars(6), generation.Dollars(1))
	require.True(t, ok, "as much as there is")
	require.Equal(t, generation.Dollars(4), granted)
	_, ok = b.Grant(generation.Dollars(1), generation.Dollars(0))
	require.False(t, ok, "there is nothing left")
	b.Settle(generation.Dollars(4), generation.Dollars(1))
	_, ok = b.Grant(generation.Dollars(5), generation.Dollars(3.5))
	require.False(t, ok, "3 are less than the least")
	granted, ok = b.Grant(generation.Dollars(5), generation.Dollars(3))
	require.True(t, ok)
	require.Equal(t, generation.Dollars(3), granted)
	require.Equal(t, generation.Dollars(1), b.Spent())
}

func TestExpectedPrices(t *testing.T) {
	t.Parallel()
	b := &kernel.Budget{Limit: generation.Dollars(10)}
	require.Zero(t, b.Expected("a/b"))
	b.Expect("a/b", generation.Dollars(0.3))
	b.Expect("a/b", generation.Dollars(0.2))
	require.Equal(t, generation.Dollars(0.3), b.Expected("a/b"), "the highest")
}
