// Package money adds up amounts without rounding errors.
package money

import "math"

// Dollars are stored in millionths, so that a balance adds up.
type Dollars int64

// USD rounds an amount.
func USD(amount float64) Dollars { return Dollars(math.Round(amount * 1e6)) }

// Float is the amount in USD.
func (d Dollars) Float() float64 { return float64(d) / 1e6 }
