package generation_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/usd"
)

func TestAmounts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]generation.USD{
		"0": 0, "-0": 0, "0.0": 0, "0e999999999999999999999": 0,
		"1": usd.Dollar, "2.50": generation.Dollars(2.5), "0.0243": 24_300_000, "-0.5": -usd.Dollar / 2,
		"1e-3": 1_000_000, "1.5E2": 150 * usd.Dollar, "1e+2": 100 * usd.Dollar, "12345678.9e-7": 1_234_567_890,
		"0.000000001": 1, "0.0000000004999": 0, "0.0000000005": 1, "-0.0000000005": -1, "1.0000000015": usd.Dollar + 2,
		"0.9999999999": usd.Dollar, "1e-10": 0, "5e-10": 1, "1e-999999999999999999999": 0,
		"9223372036.854775807": usd.Max, "0." + strings.Repeat("1", 100_000): 111_111_111,
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
		0: {"$0.00", "0"}, usd.Dollar: {"$1.00", "1"}, generation.Dollars(0.5): {"$0.50", "0.5"}, 24_300_000: {"$0.0243", "0.0243"},
		1: {"$0.000000001", "0.000000001"}, generation.Dollars(-1.5): {"-$1.50", "-1.5"}, generation.Dollars(1234.5): {"$1234.50", "1234.5"},
		usd.Max: {"$9223372036.854775807", "9223372036.854775807"}, math.MinInt64: {"-$9223372036.854775808", "-9223372036.854775808"},
	} {
		require.Equal(t, want[0], usd.String())
		encoded, err := json.Marshal(usd)
		require.NoError(t, err)
		require.Equal(t, want[1], string(encoded))
	}
}

func TestDollarsOfAProgram(t *testing.T) {
	t.Parallel()
	for number, want := range map[float64]generation.USD{
		0.1 + 0.2: 300_000_000, 2.5: 2_500_000_000, 1e-9: 1, -0.0243: -24_300_000, 1e308: usd.Max, math.Inf(-1): -usd.Max, math.NaN(): 0,
	} {
		require.Equal(t, want, generation.Dollars(number), number)
	}
}
