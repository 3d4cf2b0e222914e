package generation

import (
	"errors"
	"strings"
)

// ErrorType is the type of the Temporal application error with which a generation failed. Match
// on types, not on messages:
//
//	if generation.ErrorTypeOf(err) == generation.ErrorTypeContentRejected { … }
//
// The error's first detail is the generation's [Status], with all its attempts.
type ErrorType string

// The types of the errors with which a generation can fail.
const (
	// ErrorTypeInvalidInput: the request is invalid, or the provider or the model rejected a
	// parameter. The message names the field.
	ErrorTypeInvalidInput ErrorType = "wavespeed.InvalidInput"

	// ErrorTypeUnauthorized: the provider rejects the account's API key, or the key lacks permission.
	ErrorTypeUnauthorized ErrorType = "wavespeed.Unauthorized"

	// ErrorTypeInsufficientCredits: the account's balance does not cover the submit.
	ErrorTypeInsufficientCredits ErrorType = "wavespeed.InsufficientCredits" // #nosec G101 -- names an error

	// ErrorTypeModelNotFound: the provider has no model with this id.
	ErrorTypeModelNotFound ErrorType = "wavespeed.ModelNotFound"

	// ErrorTypeRateLimited: the provider rejected the submit until the deadline because of the
	// account's rate or concurrency limit, or asked to wait beyond it.
	ErrorTypeRateLimited ErrorType = "wavespeed.RateLimited"

	// ErrorTypeContentRejected: moderation rejected the input or the output.
	ErrorTypeContentRejected ErrorType = "wavespeed.ContentRejected"

	// ErrorTypeMediaUnreachable: the provider could not download an input's URL.
	ErrorTypeMediaUnreachable ErrorType = "wavespeed.MediaUnreachable"

	// ErrorTypePredictionFailed: the prediction was accepted and ended without a result.
	ErrorTypePredictionFailed ErrorType = "wavespeed.PredictionFailed"

	// ErrorTypeSubmitUnknown: the submit's response was lost, and nothing shows whether the submit
	// was accepted. It may have been billed. The last attempt in the status lists predictions
	// that may be its own.
	ErrorTypeSubmitUnknown ErrorType = "wavespeed.SubmitUnknown"

	// ErrorTypeDeadlineExceeded: the generation did not end within its Timeout.
	ErrorTypeDeadlineExceeded ErrorType = "wavespeed.DeadlineExceeded"

	// ErrorTypeBudgetExceeded: the submit would have exceeded the budget, or its price is
	// implausible. It was not sent.
	ErrorTypeBudgetExceeded ErrorType = "wavespeed.BudgetExceeded"

	// ErrorTypeTooManyFailed: more generations failed than are tolerated.
	ErrorTypeTooManyFailed ErrorType = "wavespeed.TooManyFailed"

	// ErrorTypeRejected: people were asked and did not approve.
	ErrorTypeRejected ErrorType = "wavespeed.Rejected"
)

// ErrorTypeUnavailable is the type of an error after which Temporal retries an activity: the
// provider could not be reached or could not answer, or this worker has no API key for the
// account. Another worker may have it. It never ends a generation; the Temporal UI shows it as
// the activity's last failure.
const ErrorTypeUnavailable ErrorType = "wavespeed.Unavailable"

// ErrorTypeOf returns the type of the error that err is or wraps: a workflow's application error,
// or else an error of package wavespeed. It returns "" if err is none of ours.
func ErrorTypeOf(err error) ErrorType {
	var failure interface {
		error
		Type() string // as [temporal.ApplicationError] has it
	}
	if errors.As(err, &failure) && strings.HasPrefix(failure.Type(), "wavespeed.") {
		return ErrorType(failure.Type())
	}
	var typed interface {
		error
		Type() ErrorType
	}
	if errors.As(err, &typed) {
		return typed.Type()
	}
	return ""
}
