package wire

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
)

// MaxSeed is the largest seed that [Seed] draws. All published models accept it; their seeds
// end at 2^31−1 or at 999,999,999.
const MaxSeed = 1 << 29

// Seed returns the seed, from 1 to [MaxSeed], that a submit with this nonce passes to a model
// that takes one, if the request sets none. A prediction with this seed belongs to that submit,
// because there are so many other seeds. A prediction without it may still belong to it.
func Seed(nonce string) int64 {
	sum := sha256.Sum256([]byte("wavespeed/seed/" + nonce))
	return 1 + int64(binary.BigEndian.Uint32(sum[:4])>>3)
}

// LeavesSeed reports whether an input leaves the seed to the provider: it has none, or -1.
func LeavesSeed(input json.RawMessage) bool {
	var fields map[string]json.RawMessage
	if json.Unmarshal(input, &fields) != nil {
		return false
	}
	seed, given := fields["seed"]
	return !given || string(seed) == "-1" || string(seed) == "null"
}
