// Package usd calculates with amounts of money. Sums and products beyond the largest amount are
// capped.
package usd

import (
	"math"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

const (
	// Dollar is one dollar.
	Dollar generation.USD = 1_000_000_000

	// Max is the largest amount.
	Max generation.USD = math.MaxInt64
)

// Add returns the sum.
func Add(u, other generation.USD) generation.USD {
	sum := u + other
	switch {
	case other > 0 && sum < u:
		return Max
	case other < 0 && sum > u || sum < -Max:
		return -Max
	default:
		return sum
	}
}

// Sub returns the difference.
func Sub(u, other generation.USD) generation.USD { return Add(u, -max(other, -Max)) }

// Times returns n times the amount.
func Times(u generation.USD, n int) generation.USD {
	product := u * generation.USD(n)
	switch {
	case u == 0 || n == 0:
		return 0
	case product/generation.USD(n) == u && product >= -Max:
		return product
	case (u < 0) == (n < 0):
		return Max
	default:
		return -Max
	}
}

// Per returns the amount divided by n, which must be positive, rounded up to a billionth.
func Per(u generation.USD, n int) generation.USD {
	each := u / generation.USD(n)
	if Times(each, n) < u {
		each++
	}
	return each
}
