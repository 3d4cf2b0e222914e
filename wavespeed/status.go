package wavespeed

import (
	"fmt"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
)

// The provider's words for where a prediction stands.
// Source: wavespeed.ai/docs/errors-retries-timeouts.
const (
	statusCreated    = "created"
	statusProcessing = "processing"
	statusCompleted  = "completed"
	statusFailed     = "failed"
	statusCancelled  = "cancelled" // by someone; the API itself has no call for it
	statusTimeout    = "timeout"   // by the provider, after too long a time
	statusDeleted    = "deleted"
)

// stateOf is what a word means. One that is not known is taken for "not ended yet".
func stateOf(status string) provider.State {
	switch status {
	case "":
		return provider.StateUnknown
	case statusCreated:
		return provider.StateCreated
	case statusCompleted:
		return provider.StateCompleted
	case statusFailed, statusTimeout:
		return provider.StateFailed
	case statusCancelled:
		return provider.StateCanceled
	case statusDeleted:
		return provider.StateDeleted
	default:
		return provider.StateProcessing
	}
}

// statusOf is the word for a state, to select by it.
func statusOf(state provider.State) string {
	switch state {
	case provider.StateProcessing:
		return statusProcessing
	case provider.StateCanceled:
		return statusCancelled
	default:
		return string(state)
	}
}

// Codes that explain why a prediction failed. Those from 1000 require a different request.
// Those from 5000 suggest a retry, which is a new billed prediction. On a prediction that is
// still processing, a code only means that the synchronous response was abandoned. Source:
// wavespeed.ai/docs/error-codes.
const (
	codeContentRejected  = 1200 // moderation refused the input or the output
	codeMissingParameter = 1400 // the model needs a field that the input lacks
	codeInvalidParameter = 1401 // the model does not take a field's value
	codeMediaUnreachable = 1402 // a URL in the input could not be downloaded

	// codeInsufficientCredits: the balance does not cover the submit. It is the code
	// of a refused submit; the provider's pages list it without a meaning.
	codeInsufficientCredits = 1407
)

// failureOf is what a prediction that has ended says of what went wrong.
func failureOf(status string, code int, text string) provider.Failure {
	state := stateOf(status)
	if !state.Terminal() || state == provider.StateCompleted && code == 0 && text == "" {
		return provider.Failure{}
	}
	reason := status
	if code != 0 {
		reason += fmt.Sprintf(" (code %d)", code)
	}
	if text != "" {
		reason += ": " + text
	}
	return provider.Failure{Type: failureType(code), Reason: reason}
}

func failureType(code int) generation.ErrorType {
	switch code {
	case codeContentRejected:
		return generation.ErrorTypeContentRejected
	case codeMissingParameter, codeInvalidParameter:
		return generation.ErrorTypeInvalidInput
	case codeMediaUnreachable:
		return generation.ErrorTypeMediaUnreachable
	default:
		return generation.ErrorTypePredictionFailed
	}
}
