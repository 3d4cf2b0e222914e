package generation

// Types of the Temporal application errors in which a generation ends. Match on
// them, not on messages:
//
//	var failure *temporal.ApplicationError
//	if errors.As(err, &failure) && failure.Type() == generation.ErrContentRejected { … }
//
// The error's first detail is the generation's [Status], with all its attempts.
const (
	// ErrInvalidInput: the request cannot be submitted as it is, or the provider
	// or the model refused a parameter. The message names the field.
	ErrInvalidInput = "wavespeed.InvalidInput"

	// ErrUnauthorized: the provider does not accept the account's API key, or the key
	// may not do this.
	ErrUnauthorized = "wavespeed.Unauthorized"

	// ErrInsufficientCredits: the account's balance does not cover the submit.
	ErrInsufficientCredits = "wavespeed.InsufficientCredits" // #nosec G101 -- names an error

	// ErrModelNotFound: the provider has no model of this name.
	ErrModelNotFound = "wavespeed.ModelNotFound"

	// ErrRateLimited: the provider refused the submit until the deadline because
	// of the account's rate or concurrency limit, or asked to wait beyond it.
	ErrRateLimited = "wavespeed.RateLimited"

	// ErrContentRejected: moderation refused the input or the output.
	ErrContentRejected = "wavespeed.ContentRejected"

	// ErrMediaUnreachable: the provider could not download an input's URL.
	ErrMediaUnreachable = "wavespeed.MediaUnreachable"

	// ErrPredictionFailed: the prediction was accepted and ended without a result.
	ErrPredictionFailed = "wavespeed.PredictionFailed"

	// ErrSubmitUnknown: the submit's answer was lost, and nothing could tell whether
	// it was accepted. It may have been billed. The last attempt in the status names
	// the predictions that may be its own.
	ErrSubmitUnknown = "wavespeed.SubmitUnknown"

	// ErrDeadlineExceeded: the generation did not end within its Timeout.
	ErrDeadlineExceeded = "wavespeed.DeadlineExceeded"

	// ErrBudgetExceeded: the submit would have passed the budget, or its price cannot be
	// believed. It was not sent.
	ErrBudgetExceeded = "wavespeed.BudgetExceeded"

	// ErrTooManyFailed: of many generations more failed than are tolerated.
	ErrTooManyFailed = "wavespeed.TooManyFailed"

	// ErrRejected: people were asked, and did not approve.
	ErrRejected = "wavespeed.Rejected"
)

// ErrorTypes are the types of all errors in which a generation ends.
func ErrorTypes() []string {
	return []string{
		ErrInvalidInput, ErrUnauthorized, ErrInsufficientCredits, ErrModelNotFound, ErrRateLimited, ErrContentRejected,
		ErrMediaUnreachable, ErrPredictionFailed, ErrSubmitUnknown, ErrDeadlineExceeded, ErrBudgetExceeded,
	}
}

// Types of the errors on which activities are tried again. They end a
// generation never; they show in the Temporal UI as an activity's last failure.
const (
	// ErrPending: the prediction has not ended yet, or is not listed yet.
	ErrPending = "wavespeed.Pending"

	// ErrUnavailable: the provider could not be reached or could not answer, or this
	// worker has no API key for the account, which another worker may have.
	ErrUnavailable = "wavespeed.Unavailable"
)
