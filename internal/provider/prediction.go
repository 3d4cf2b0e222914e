package provider

import (
	"encoding/json"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// SubmitRequest is a prediction to be made.
type SubmitRequest struct {
	// Model is the model's id, as "wavespeed-ai/flux-dev".
	Model string

	// Input is what the model is given: anything that encodes to a JSON object. A
	// [json.RawMessage] goes out byte for byte. Defaults to an empty object.
	Input any

	// WebhookURL is called when the prediction has ended: https, or http on this machine.
	// Defaults to none.
	WebhookURL string
}

// Prediction is the provider's resource: one accepted submit.
type Prediction struct {
	ID string

	// Model may differ from the submitted model if it has been renamed.
	Model string
	State State

	// Outputs are usually URLs of files; also strings or objects.
	Outputs []json.RawMessage

	// Input is what was submitted, where the answer repeats it; nil elsewhere.
	Input json.RawMessage

	// Failure says what went wrong, if anything did.
	Failure Failure

	// NSFW reports for each output whether it was flagged; nil if the provider doesn't say.
	NSFW []bool

	// CreatedAt is when it was accepted, by the provider's clock; zero if not told.
	CreatedAt time.Time

	// InferenceMS is how long it ran, in milliseconds; 0 if not told.
	InferenceMS int64
}

// State is where a prediction stands.
type State string

const (
	// StateUnknown: the provider does not say.
	StateUnknown State = ""

	// StateCreated: accepted, waiting in the provider's queue.
	StateCreated State = "created"

	// StateProcessing: running, or in an unknown state, which is not an end.
	StateProcessing State = "processing"

	// StateCompleted: ended with outputs.
	StateCompleted State = "completed"

	// StateFailed: ended without.
	StateFailed State = "failed"

	// StateCanceled: ended by someone.
	StateCanceled State = "canceled"

	// StateDeleted: no longer there, outputs included.
	StateDeleted State = "deleted"
)

// Terminal reports whether a prediction in this state never changes again.
func (s State) Terminal() bool {
	switch s {
	case StateCompleted, StateFailed, StateCanceled, StateDeleted:
		return true
	default:
		return false
	}
}

// Failure says why a prediction gave no result.
type Failure struct {
	// Type is that of the error in which its generation ends, as
	// [generation.ErrorTypeContentRejected].
	Type generation.ErrorType

	// Reason is the provider's report in its own words, as "failed (code 1200): flagged".
	Reason string
}

// ListOptions selects predictions of the last days.
type ListOptions struct {
	// CreatedAfter and CreatedBefore limit when they were accepted, by the provider's clock, to
	// the millisecond. Default to no limit.
	CreatedAfter, CreatedBefore time.Time

	// IncludeInputs requests each prediction's input. The provider may omit it.
	IncludeInputs bool

	// Model selects by the model's id. Defaults to all.
	Model string

	// Page counts from 1. Defaults to 1.
	Page int

	// PageSize is how many to answer at once, at most 100. Defaults to 100.
	PageSize int

	// State selects by state: completed, failed, processing or created. Defaults to all.
	State State
}

// Page is a part of the list of predictions, newest first.
type Page struct {
	Items []Prediction

	// Total is how many predictions the provider says there are; nil if it doesn't.
	Total *int

	// More is whether the provider says there is another page; nil if it doesn't.
	More *bool
}
