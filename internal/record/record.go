// Package record tells what the record of a generation says: why it ended, what it cost.
package record

import (
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/usd"
)

// Clone returns a deep copy.
func Clone(s generation.Status) generation.Status {
	attempts := make([]*generation.Attempt, len(s.Attempts))
	for i, attempt := range s.Attempts {
		clone := *attempt
		attempts[i] = &clone
	}
	s.Attempts = attempts
	return s
}

// Reason explains the generation's state, if necessary.
func Reason(s generation.Status) string {
	if len(s.Attempts) == 0 {
		return ""
	}
	return s.Attempts[len(s.Attempts)-1].Reason
}

// GivenUp reports whether the generation failed while its prediction continued at the provider,
// which bills it: its deadline passed, or no worker had its account's key any more.
func GivenUp(s generation.Status) bool {
	return s.PredictionID() != "" && (s.ErrorType == generation.ErrorTypeDeadlineExceeded || s.ErrorType == generation.ErrorTypeUnauthorized)
}

// Price returns the sum of the attempts' known prices in USD, and whether any is known. It
// excludes failed predictions, which the provider refunds, and costs of earlier runs.
func Price(s generation.Status) (sum generation.USD, known bool) {
	if s.Kept {
		return 0, false
	}
	for i, attempt := range s.Attempts {
		billed := attempt.Billed || attempt.State != generation.StateFailed && attempt.State != generation.StateAbsent || i == len(s.Attempts)-1 && GivenUp(s)
		if attempt.Price != nil && billed {
			sum, known = usd.Add(sum, *attempt.Price), true
		}
	}
	return sum, known
}
