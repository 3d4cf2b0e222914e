package generation

// Types of the Temporal application errors with which a generation can fail. Match on types,
// not on messages:
//
//	var failure *temporal.ApplicationError
//	if errors.As(err, &failure) && failure.Type() == generation.ErrContentRejected { … }
//
// The error's first detail is the generation's [Status], with all its attempts.
const (
	// ErrInvalidInput: the request is invalid, or the provider or the model rejected a
	// parameter. The message names the field.
	ErrInvalidInput = "wavespeed.InvalidInput"

	// ErrUnauthorized: the provider rejects the account's API key, or the key lacks permission.
	ErrUnauthorized = "wavespeed.Unauthorized"

	// ErrInsufficientCredits: the account's balance does not cover the submit.
	ErrInsufficientCredits = "wavespeed.InsufficientCredits" // #nosec G101 -- names an error

	// ErrModelNotFound: the provider has no model with this id.
	ErrModelNotFound = "wavespeed.ModelNotFound"

	// ErrRateLimited: the provider rejected the submit until the deadline because of the
	// account's rate or concurrency limit, or asked to wait beyond it.
	ErrRateLimited = "wavespeed.RateLimited"

	// ErrContentRejected: moderation rejected the input or the output.
	ErrContentRejected = "wavespeed.ContentRejected"

	// ErrMediaUnreachable: the provider could not download an input's URL.
	ErrMediaUnreachable = "wavespeed.MediaUnreachable"

	// ErrPredictionFailed: the prediction was accepted and ended without a result.
	ErrPredictionFailed = "wavespeed.PredictionFailed"

	// ErrSubmitUnknown: the submit's response was lost, and nothing shows whether the submit
	// was accepted. It may have been billed. The last attempt in the status lists predictions
	// that may be its own.
	ErrSubmitUnknown = "wavespeed.SubmitUnknown"

	// ErrDeadlineExceeded: the generation did not end within its Timeout.
	ErrDeadlineExceeded = "wavespeed.DeadlineExceeded"

	// ErrBudgetExceeded: the submit would have exceeded the budget, or its price is
	// implausible. It was not sent.
	ErrBudgetExceeded = "wavespeed.BudgetExceeded"

	// ErrTooManyFailed: more generations failed than are tolerated.
	ErrTooManyFailed = "wavespeed.TooManyFailed"

	// ErrRejected: people were asked and did not approve.
	ErrRejected = "wavespeed.Rejected"
)

// ErrorTypes are the types of all errors with which a generation can fail.
func ErrorTypes() []string {
	return []string{
		ErrInvalidInput, ErrUnauthorized, ErrInsufficientCredits, ErrModelNotFound, ErrRateLimited, ErrContentRejected,
		ErrMediaUnreachable, ErrPredictionFailed, ErrSubmitUnknown, ErrDeadlineExceeded, ErrBudgetExceeded,
	}
}

// Types of the errors after which Temporal retries an activity. They never end a generation;
// the Temporal UI shows them as an activity's last failure.
const (
	// ErrPending: the prediction has not ended yet, or is not listed yet.
	ErrPending = "wavespeed.Pending"

	// ErrUnavailable: the provider could not be reached or could not answer, or this worker has
	// no API key for the account. Another worker may have it.
	ErrUnavailable = "wavespeed.Unavailable"
)
