package simulation

import (
	"math/rand/v2"
	"time"
)

// dice draw what is random.
type dice struct{ *rand.Rand }

func newDice(seed, stream uint64) dice {
	return dice{rand.New(rand.NewPCG(seed, stream))} // #nosec G404 -- the same seed is to draw the same
}

// chance is true once in a while.
func (d dice) chance(p float64) bool { return p > 0 && d.Float64() < p }

// between draws a duration, short ones more often.
func (d dice) between(least, most time.Duration) time.Duration {
	if most <= least {
		return least
	}
	f := d.Float64()
	return least + time.Duration(f*f*float64(most-least))
}

func pick[T any](d dice, of ...T) T { return of[d.IntN(len(of))] }
