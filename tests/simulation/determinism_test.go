package simulation

import (
	"slices"
	"testing"

	"github.com/wavespeed-temporal/wavespeed-temporal/tests/simulation/campaign"
)

// TestSameSeedSameTrace: everything that happens is drawn from the seed.
func TestSameSeedSameTrace(t *testing.T) {
	for _, seed := range slices.Concat(campaign.Range(1, 26), campaign.Range(campaign.LimitedFrom, 6)) {
		first := Simulate(t, seed, nil)
		for range 3 {
			if again := Simulate(t, seed, nil); again.Digest != first.Digest {
				t.Fatalf("seed %d: %d steps with digest %s, then %d steps with digest %s", seed, first.Steps, first.Digest, again.Steps, again.Digest)
			}
		}
	}
}
