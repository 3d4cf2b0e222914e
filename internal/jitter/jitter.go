// Package jitter spreads events that would otherwise coincide, such as a thousand retries after
// one outage.
package jitter

import (
	"math/rand/v2"
	"time"
)

// Below draws a duration from 0 to most, which must be positive. A simulation replaces it with
// its own source before anything runs.
var Below = rand.N[time.Duration] // #nosec G404 -- spreads, and hides nothing
