package usd_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/usd"
)

// TestSumsAreExact, where sums of floats are off by more than a hundredth of a price.
func TestSumsAreExact(t *testing.T) {
	t.Parallel()
	var sum generation.USD
	price, err := generation.ParseUSD("0.0243")
	require.NoError(t, err)
	for range 10_000 {
		sum = usd.Add(sum, price)
	}
	require.Equal(t, 243*usd.Dollar, sum)
	require.Equal(t, sum, usd.Times(price, 10_000))
	require.Equal(t, price, usd.Per(sum, 10_000))
	require.Equal(t, generation.USD(333_333_334), usd.Per(usd.Dollar, 3), "in favour of who has to have it")
	require.InDelta(t, 0.0243, price.Float64(), 0)
}

func TestAmountsDoNotWrapAround(t *testing.T) {
	t.Parallel()
	const most = usd.Max
	for name, got := range map[string][2]generation.USD{
		"sum":               {usd.Add(most, 1), most},
		"sum of debts":      {usd.Add(-most, -1), -most},
		"difference":        {usd.Sub(most, -1), most},
		"debt":              {usd.Sub(-most, most), -most},
		"less the smallest": {usd.Sub(generation.USD(0), math.MinInt64), most},
		"product":           {usd.Times(usd.Dollar, math.MaxInt), most},
		"product of debts":  {usd.Times(-usd.Dollar, math.MaxInt), -most},
		"of two debts":      {usd.Times(-usd.Dollar, math.MinInt), most},
		"the smallest":      {usd.Times(generation.USD(math.MinInt64), -1), most},
		"within":            {usd.Add(-usd.Dollar, generation.Dollars(0.01)), generation.Dollars(-0.99)},
		"three":             {usd.Times(generation.Dollars(0.01), -3), generation.Dollars(-0.03)},
	} {
		require.Equal(t, got[1], got[0], name)
	}
}
