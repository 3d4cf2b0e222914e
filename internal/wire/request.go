package wire

import (
	"encoding/json"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// DefaultKey is the default key of a request.
const DefaultKey = "generation"

// WithDefaults returns the request with defaults for every zero field.
func WithDefaults(r generation.Request) generation.Request {
	fill(&r.Key, DefaultKey)
	fill(&r.Account, generation.DefaultAccount)
	fill(&r.Timeout, 6*time.Hour)
	fill(&r.MaxPredictions, 1)
	fill(&r.OnUnknown, generation.FailUnknown)
	fill(&r.OnInsufficientCredits, generation.FailWithoutCredits)
	fill(&r.Timing.Submit, time.Minute)
	fill(&r.Timing.Settle, 2*time.Minute)
	fill(&r.Timing.Grace, 2*time.Minute)
	fill(&r.Timing.Poll, 2*time.Second)
	fill(&r.Timing.Resubmit, 10*time.Second)
	fill(&r.Timing.TopUp, 5*time.Minute)
	if r.Input == nil {
		r.Input = json.RawMessage("{}")
	}
	return r
}

func fill[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
