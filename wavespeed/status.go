package wavespeed

// Status is where a prediction stands. The provider may use others than these;
// they are to be taken for "not ended yet".
// Source: wavespeed.ai/docs/errors-retries-timeouts.
type Status string

const (
	// StatusCreated: accepted, waiting in the provider's queue.
	StatusCreated Status = "created"

	// StatusProcessing: running.
	StatusProcessing Status = "processing"

	// StatusCompleted: ended with outputs.
	StatusCompleted Status = "completed"

	// StatusFailed: ended without; Code and Error tell why.
	StatusFailed Status = "failed"

	// StatusCancelled: ended by someone; the API itself has no call for it.
	StatusCancelled Status = "cancelled"

	// StatusTimeout: ended by the provider after too long a time.
	StatusTimeout Status = "timeout"

	// StatusDeleted: no longer there, outputs included.
	StatusDeleted Status = "deleted"
)

// Terminal tells whether a prediction with this status will never change again.
func (s Status) Terminal() bool {
	switch s {
	case StatusCompleted, StatusFailed, StatusCancelled, StatusTimeout, StatusDeleted:
		return true
	default:
		return false
	}
}

// Codes of a prediction, which explain why it failed. Those of 1000 and more ask
// for another request, those of 5000 and more for another try, which is a new
// prediction that is billed. Source: wavespeed.ai/docs/error-codes.
const (
	// CodeContentRejected: moderation refused the input or the output.
	CodeContentRejected = 1200

	// CodeMissingParameter: the model needs a field that the input lacks.
	CodeMissingParameter = 1400

	// CodeInvalidParameter: the model does not take a field's value.
	CodeInvalidParameter = 1401

	// CodeMediaUnreachable: a URL in the input could not be downloaded.
	CodeMediaUnreachable = 1402

	// CodeExecutionFailed: the run failed; the input should be checked.
	CodeExecutionFailed = 1403

	// CodeFailed: the run failed; the error's text tells more.
	CodeFailed = 1405

	// CodeInsufficientCredits: the balance does not cover the submit. It is the code
	// of a refused submit; the provider's pages list it without a meaning.
	CodeInsufficientCredits = 1407

	// CodeInternal: an error inside the provider.
	CodeInternal = 5000

	// CodeUnavailable: the model was not available.
	CodeUnavailable = 5003

	// CodeTimeout: it took too long. On a prediction that is still processing it
	// tells only that the synchronous answer was given up.
	CodeTimeout = 5004
)
