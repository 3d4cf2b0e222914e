// Package luck draws numbers that a seed decides.
package luck

import (
	"encoding/binary"
	"hash/fnv"
	"math"
)

// Chance returns a number between 0 and 1 that depends only on its arguments: the n-th subject
// of a rule has the same luck in every run, whatever the order of others.
func Chance(numbers ...uint64) float64 {
	hash := fnv.New64a()
	for _, n := range numbers {
		_ = binary.Write(hash, binary.LittleEndian, n)
	}
	x := hash.Sum64()
	x ^= x >> 33 // fnv alone spreads its last bytes badly
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	x ^= x >> 33
	return float64(x>>11) / (1 << 53)
}

// Shuffle changes the order of the items; another serial gives another order.
func Shuffle[T any](items []T, seed, serial uint64) {
	for i := len(items) - 1; i > 0; i-- {
		j := int(Chance(seed, math.MaxUint64, serial, uint64(i)) * float64(i+1))
		items[i], items[j] = items[j], items[i]
	}
}
