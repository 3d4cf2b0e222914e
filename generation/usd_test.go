package generation_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

func TestAmounts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]generation.USD{
		"0": 0, "-0": 0, "0.0": 0, "0e999999999999999999999": 0,
		"1": generation.Dollar, "2.50": generation.Dollars(2.5), "0.0243": 24_300_000, "-0.5": -generation.Dollar / 2,
		"1e-3": 1_000_000, "1.5E2": 150 * generation.Dollar, "1e+2": 100 * generation.Dollar, "12345678.9e-7": 1_234_567_890,
		"0.000000001": 1, "0.0000000004999": 0, "0.0000000005": 1, "-0.0000000005": -1, "1.0000000015": generation.Dollar + 2,
		"0.9999999999": generation.Dollar, "1e-10": 0, "5e-10": 1, "1e-999999999999999999999": 0,
		"9223372036.854775807": generation.MaxUSD, "0." + strings.Repeat("1", 100_000): 111_111_111,
	} {
		got, err := generation.ParseUSD(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
		var decoded generation.USD
		require.NoError(t, json.Unmarshal([]byte(text), &decoded), text)
		require.Equal(t, want, decoded, text)
	}
}

func TestWhatIsNoAmount(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "-", ".", "e3", "1e", "1e+", "1e-", "1e+-3", "1e3+", "NaN", "Inf", "-Infinity", "0x10", "1_000", "1,5", "$1", "+1", "1 2", "1.2.3", "--1", "true", `"1"`, "{}",
		"1e308", "1e11", "9223372036.854775808", "9223372036.8547758075", "-1e999999999999999999999", strings.Repeat("9", 100_000),
	} {
		_, err := generation.ParseUSD(text)
		require.Error(t, err, text)
		require.Less(t, len(err.Error()), 200)
		var decoded generation.USD
		require.Error(t, json.Unmarshal([]byte(text), &decoded), text)
		require.Zero(t, decoded)
	}
}

func TestAmountsAsPeopleReadThem(t *testing.T) {
	t.Parallel()
	for usd, want := range map[generation.USD][2]string{
		0: {"$0.00", "0"}, generation.Dollar: {"$1.00", "1"}, generation.Dollars(0.5): {"$0.50", "0.5"}, 24_300_000: {"$0.0243", "0.0243"},
		1: {"$0.000000001", "0.000000001"}, generation.Dollars(-1.5): {"-$1.50", "-1.5"}, generation.Dollars(1234.5): {"$1234.50", "1234.5"},
		generation.MaxUSD: {"$9223372036.854775807", "9223372036.854775807"}, math.MinInt64: {"-$9223372036.854775808", "-9223372036.854775808"},
	} {
		require.Equal(t, want[0], usd.String())
		encoded, err := json.Marshal(usd)
		require.NoError(t, err)
		require.Equal(t, want[1], string(encoded))
	}
}

// TestSumsAreExact, where sums of floats are off by more than a hundredth of a price.
func TestSumsAreExact(t *testing.T) {
	t.Parallel()
	var sum generation.USD
	price, err := generation.ParseUSD("0.0243")
	require.NoError(t, err)
	for range 10_000 {
		sum = sum.Add(price)
	}
	require.Equal(t, 243*generation.Dollar, sum)
	require.Equal(t, sum, price.Times(10_000))
	require.Equal(t, price, sum.Per(10_000))
	require.Equal(t, generation.USD(333_333_334), generation.Dollar.Per(3), "in favour of who has to have it")
	require.InDelta(t, 0.0243, price.Float64(), 0)
}

func TestAmountsDoNotWrapAround(t *testing.T) {
	t.Parallel()
	const most = generation.MaxUSD
	for name, got := range map[string][2]generation.USD{
		"sum":               {most.Add(1), most},
		"sum of debts":      {(-most).Add(-1), -most},
		"difference":        {most.Sub(-1), most},
		"debt":              {(-most).Sub(most), -most},
		"less the smallest": {generation.USD(0).Sub(math.MinInt64), most},
		"product":           {generation.Dollar.Times(math.MaxInt), most},
		"product of debts":  {(-generation.Dollar).Times(math.MaxInt), -most},
		"of two debts":      {(-generation.Dollar).Times(math.MinInt), most},
		"the smallest":      {generation.USD(math.MinInt64).Times(-1), most},
		"within":            {(-generation.Dollar).Add(generation.Dollars(0.01)), generation.Dollars(-0.99)},
		"three":             {generation.Dollars(0.01).Times(-3), generation.Dollars(-0.03)},
	} {
		require.Equal(t, got[1], got[0], name)
	}
}

func TestDollarsOfAProgram(t *testing.T) {
	t.Parallel()
	for number, want := range map[float64]generation.USD{
		0.1 + 0.2: 300_000_000, 2.5: 2_500_000_000, 1e-9: 1, -0.0243: -24_300_000, 1e308: generation.MaxUSD, math.Inf(-1): -generation.MaxUSD, math.NaN(): 0,
	} {
		require.Equal(t, want, generation.Dollars(number), number)
	}
}
