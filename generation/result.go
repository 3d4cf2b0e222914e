package generation

import "time"

// Result is the result of a completed generation.
type Result struct {
	// Key is the request's.
	Key string `json:"key"`
	// Model is the request's.
	Model string `json:"model"`
	// Account is the request's.
	Account string `json:"account"`

	// PredictionID is the provider's id of the prediction that completed.
	PredictionID string `json:"prediction_id"`

	Produced

	// Via is how the outcome became known: "webhook", "poll", or "earlier" if an earlier result
	// was reused and nothing was submitted.
	Via string `json:"via"`

	// Attempts are all submits of this generation; the last one completed.
	Attempts []*Attempt `json:"attempts"`
}

// Produced is what a prediction produced.
type Produced struct {
	// Outputs are the files, texts or objects that the model produced, in order. The provider
	// keeps files for 7 days: copy those you want to keep.
	Outputs []Output `json:"outputs,omitempty"`

	// Omitted is set if the outputs, as texts or base64, are too large for a workflow's
	// history. Fetch them from the provider by PredictionID.
	Omitted bool `json:"omitted,omitempty"`

	// NSFW reports for each output whether the provider's checker flagged it. Empty if the
	// provider didn't report it.
	NSFW []bool `json:"nsfw,omitempty"`

	// InferenceMS is the provider's own time for the prediction, in milliseconds; 0 if not
	// reported.
	InferenceMS int64 `json:"inference_ms,omitempty"`
}

// URL returns the URL of output i; "" if there is none.
func (p Produced) URL(i int) string {
	if i < 0 || i >= len(p.Outputs) {
		return ""
	}
	return p.Outputs[i].URL()
}

// Text returns output i as a text; "" if there is none.
func (p Produced) Text(i int) string {
	if i < 0 || i >= len(p.Outputs) {
		return ""
	}
	return p.Outputs[i].Text()
}

// State is the state of a generation or of one of its attempts.
type State string

const (
	// StateSubmitting: the POST is in progress, or waits for the rate limit.
	StateSubmitting State = "submitting"
	// StateHeld: the budget does not cover the submit, which waits for a larger one.
	StateHeld State = "held"
	// StatePaused: the run is paused; the submit waits until it is resumed.
	StatePaused State = "paused"
	// StateUnpaid: the account's balance does not cover the submit, which waits for a top-up.
	StateUnpaid State = "unpaid"
	// StateUnknown: the submit's response was lost; the workflow looks for its prediction.
	StateUnknown State = "unknown"
	// StateWaiting: accepted, waiting for the webhook.
	StateWaiting State = "waiting"
	// StatePolling: accepted, polling the provider.
	StatePolling State = "polling"
	// StateCompleted: there is a result.
	StateCompleted State = "completed"
	// StateFailed: ended without a result.
	StateFailed State = "failed"
	// StateAbsent, of an attempt: proven not to have been accepted.
	StateAbsent State = "absent"
	// StateCanceled: the workflow was canceled. An accepted prediction continues at the
	// provider and is billed, because the provider cannot stop it.
	StateCanceled State = "canceled"
)

// Attempt is one submit of a generation and its outcome.
type Attempt struct {
	// Number counts from 1.
	Number int `json:"number"`
	// PredictionID is the prediction's id; "" if unknown.
	PredictionID string `json:"prediction_id,omitempty"`
	// Answered is set if the submit's own response named the prediction.
	Answered bool `json:"answered,omitempty"`
	// Inferred is set if the submit's response was lost, and its prediction was inferred from
	// the provider's list or charges.
	Inferred bool `json:"inferred,omitempty"`
	// Candidates are predictions that may belong to the attempt, if that is undecided.
	Candidates []string `json:"candidates,omitempty"`
	// Delivered are predictions named by webhooks to the attempt's address while its own was
	// unknown.
	Delivered []string `json:"delivered,omitempty"`
	// APIKey is a fingerprint of the API key that was used; "" if unknown.
	APIKey string `json:"api_key,omitempty"`
	// Nonce identifies the attempt in its webhook address.
	Nonce string `json:"nonce,omitempty"`
	// Key is the key in the webhook address; "" for the generation's own. An earlier run may
	// have submitted under another key.
	Key string `json:"key,omitempty"`
	// State is completed, failed, absent (the submit was not accepted), or the attempt's
	// current state.
	State State `json:"state"`
	// Reason explains the attempt's state, if necessary.
	Reason string `json:"reason,omitempty"`
	// Price is what the provider charges for it, in USD; nil if unknown.
	Price *USD `json:"price,omitempty"`

	// Billed is set on a failed attempt that is not refunded: the provider reported it as
	// completed, but without outputs.
	Billed bool `json:"billed,omitempty"`
	// Started is when the submit was scheduled.
	Started time.Time `json:"started"`
	// Window is how long the submit may have been in progress, from when a worker started it.
	Window time.Duration `json:"window,omitempty"`
	// Accepted is when the prediction became known.
	Accepted time.Time `json:"accepted,omitzero"`
	// Ended is when the workflow learned that the attempt had ended.
	Ended time.Time `json:"ended,omitzero"`
}

// Status is one generation as returned by the query [StatusQuery].
type Status struct {
	Key      string     `json:"key"`
	Model    string     `json:"model"`
	Account  string     `json:"account"`
	State    State      `json:"state"`
	Attempts []*Attempt `json:"attempts"`

	// Produced is empty unless the generation has completed.
	Produced

	// ErrorType is the type of the error with which the generation failed, if it did.
	ErrorType ErrorType `json:"error_type,omitempty"`

	// Fingerprint is equal for equivalent requests.
	Fingerprint string `json:"fingerprint,omitempty"`

	// Earlier is set on a generation of an earlier run that this run has not taken up.
	Earlier bool `json:"earlier,omitempty"`

	// Kept is set if the result comes from an earlier run, so this run paid nothing for it.
	Kept bool `json:"kept,omitempty"`
}

// PredictionID returns the prediction of the latest attempt; "" if unknown.
func (s Status) PredictionID() string {
	if len(s.Attempts) == 0 {
		return ""
	}
	return s.Attempts[len(s.Attempts)-1].PredictionID
}
