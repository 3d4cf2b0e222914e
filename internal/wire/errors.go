package wire

import "github.com/wavespeed-temporal/wavespeed-temporal/generation"

// ErrorTypePending is the type of an error after which Temporal retries an activity: the
// prediction has not ended yet, or is not listed yet.
const ErrorTypePending generation.ErrorType = "wavespeed.Pending"

// ErrorTypes are the types of all errors with which one generation can fail.
func ErrorTypes() []generation.ErrorType {
	return []generation.ErrorType{
		generation.ErrorTypeInvalidInput, generation.ErrorTypeUnauthorized, generation.ErrorTypeInsufficientCredits, generation.ErrorTypeModelNotFound,
		generation.ErrorTypeRateLimited, generation.ErrorTypeContentRejected, generation.ErrorTypeMediaUnreachable, generation.ErrorTypePredictionFailed,
		generation.ErrorTypeSubmitUnknown, generation.ErrorTypeDeadlineExceeded, generation.ErrorTypeBudgetExceeded,
	}
}
