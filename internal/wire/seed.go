package wire

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
)

// MaxSeed is the largest seed that [Seed] draws. It fits the seeds of all published
// models, which end at 2^31−1 or at 999,999,999.
const MaxSeed = 1 << 29

// Seed is the seed, from 1 to [MaxSeed], that a submit with this nonce gives to a model
// which takes one, where the request gives none. A prediction with this seed is that
// submit's: others draw theirs from two thousand million. A prediction without it may
// still be.
func Seed(nonce string) int64 {
	sum := sha256.Sum256([]byte("wavespeed/seed/" + nonce))
	return 1 + int64(binary.BigEndian.Uint32(sum[:4])>>3)
}

// LeavesSeed tells whether an input leaves its seed to the provider: it has none, or -1.
func LeavesSeed(input json.RawMessage) bool {
	var fields map[string]json.RawMessage
	if json.Unmarshal(input, &fields) != nil {
		return false
	}
	seed, given := fields["seed"]
	return !given || string(seed) == "-1" || string(seed) == "null"
}
