package simulation

import (
	"testing"
)

// TestSameSeedSameTrace: everything that happens is drawn from the seed.
func TestSameSeedSameTrace(t *testing.T) {
	for seed := uint64(1); seed <= 26; seed++ {
		first := Simulate(t, seed, nil)
		for range 3 {
			if again := Simulate(t, seed, nil); again.Digest != first.Digest {
				t.Fatalf("seed %d: %d steps with digest %s, then %d steps with digest %s", seed, first.Steps, first.Digest, again.Steps, again.Digest)
			}
		}
	}
}
