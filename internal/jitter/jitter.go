// Package jitter keeps apart what would happen at one time, as a thousand retries after
// one outage.
package jitter

import (
	"math/rand/v2"
	"time"
)

// Below draws a duration from 0 to most, which must be positive. A simulation, in which
// nothing happens by chance, puts its own source here before anything runs.
var Below = rand.N[time.Duration] // #nosec G404 -- spreads, and hides nothing
