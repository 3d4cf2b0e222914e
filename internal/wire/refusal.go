package wire

import (
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// IsRefusal reports whether an error type of Submit means that nothing was accepted, and that
// Temporal tries again.
func IsRefusal(kind string) bool {
	return kind == string(generation.ErrorTypeUnavailable) || kind == string(generation.ErrorTypeRateLimited)
}

// ProvesRefusal reports whether the failure of an attempt, by its type and its message, proves
// that the submit was not accepted. Anything that Submit itself did not say can come after the
// POST: a codec that cannot encode the result, an interceptor, a person who ends the attempt. An
// attempt in which Submit never ran proves nothing about the one before: where an input cannot be
// decoded, a result could not be encoded.
func ProvesRefusal(kind, message string, attempt int32) bool {
	return IsRefusal(kind) || attempt == 1 && neverRan(kind, message)
}

func neverRan(kind, message string) bool {
	return kind == "ActivityNotRegisteredError" || strings.HasPrefix(message, "unable to decode the activity function input payload")
}
