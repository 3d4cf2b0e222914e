package generation

import "time"

// Result is what a completed generation gives.
type Result struct {
	// Key is the request's.
	Key string `json:"key"`
	// Model is the request's.
	Model string `json:"model"`
	// Account is the request's.
	Account string `json:"account"`

	// PredictionID is the provider's id of the prediction that completed.
	PredictionID string `json:"prediction_id"`

	// Outputs are the files, texts or objects that the model made, in its order.
	// The provider keeps files for 7 days: copy what is to stay.
	Outputs []Output `json:"outputs"`

	// Omitted is set where the outputs, as texts or base64, are too large for a
	// workflow's history: fetch them from the provider by PredictionID.
	Omitted bool `json:"omitted,omitempty"`

	// NSFW tells for each output whether the provider's checker flagged it. Empty
	// when the provider said nothing.
	NSFW []bool `json:"nsfw,omitempty"`

	// Via is how the outcome became known: "webhook", "poll", or "earlier" if the result was
	// there before and nothing was submitted.
	Via Via `json:"via"`

	// InferenceMS is the provider's own time for the prediction, in milliseconds;
	// 0 when not told.
	InferenceMS int64 `json:"inference_ms,omitempty"`

	// Attempts are all submits of this generation, the last of them the one that
	// completed.
	Attempts []*Attempt `json:"attempts"`
}

// URL is the address of output i; "" when there is none.
func (r Result) URL(i int) string {
	if i < 0 || i >= len(r.Outputs) {
		return ""
	}
	return r.Outputs[i].URL()
}

// Text is output i as a text; "" when there is none.
func (r Result) Text(i int) string {
	if i < 0 || i >= len(r.Outputs) {
		return ""
	}
	return r.Outputs[i].Text()
}

// Via is the way by which an outcome became known.
type Via string

const (
	ViaWebhook Via = "webhook"
	ViaPoll    Via = "poll"

	// ViaEarlier: the result was there before, and nothing was submitted.
	ViaEarlier Via = "earlier"
)

// State is where a generation, or one attempt of it, stands.
type State string

const (
	// StateSubmitting: the POST is being made, or waits for the rate limit.
	StateSubmitting State = "submitting"
	// StateHeld: the budget does not cover the submit; it waits for more.
	StateHeld State = "held"
	// StateUnknown: the submit's answer was lost; its prediction is looked for.
	StateUnknown State = "unknown"
	// StateWaiting: accepted; the webhook is awaited.
	StateWaiting State = "waiting"
	// StatePolling: accepted; the provider is asked again and again.
	StatePolling State = "polling"
	// StateCompleted: there is a result.
	StateCompleted State = "completed"
	// StateFailed: ended without a result.
	StateFailed State = "failed"
	// StateAbsent, of an attempt: proven not to have been accepted.
	StateAbsent State = "absent"
	// StateCanceled: the workflow was canceled. A prediction that was accepted
	// continues at the provider, and is billed: it has no way to stop one.
	StateCanceled State = "canceled"
)

// Attempt is one submit of a generation and what became of it.
type Attempt struct {
	// Number counts from 1.
	Number int `json:"number"`
	// PredictionID is "" while, or when, it is not known.
	PredictionID string `json:"prediction_id,omitempty"`
	// Answered is set where the submit's own answer told of the prediction.
	Answered bool `json:"answered,omitempty"`
	// Inferred is set where the submit's answer was lost, and its prediction was concluded
	// from the provider's list or charges.
	Inferred bool `json:"inferred,omitempty"`
	// Candidates are predictions that may be the attempt's, where that is undecided.
	Candidates []string `json:"candidates,omitempty"`
	// Delivered are predictions that webhooks at the attempt's address named while its own
	// was not known.
	Delivered []string `json:"delivered,omitempty"`
	// APIKey is a fingerprint of the API key that was used; "" when not known.
	APIKey string `json:"api_key,omitempty"`
	// Nonce is what the address of the attempt's webhook carries.
	Nonce string `json:"nonce,omitempty"`
	// Key is the one that the address carries; "" for the generation's own. An earlier run may
	// have submitted under another.
	Key string `json:"key,omitempty"`
	// State is completed, failed, absent (the submit was not accepted), or where the attempt
	// stands.
	State State `json:"state"`
	// Reason says why the attempt is in this state, where that needs saying.
	Reason string `json:"reason,omitempty"`
	// Price is what the provider charges for it, in USD; nil when not known.
	Price *USD `json:"price,omitempty"`

	// Billed is set on one that failed and is not refunded: the provider reported it as
	// completed, but without outputs.
	Billed bool `json:"billed,omitempty"`
	// Started is when the submit was scheduled.
	Started time.Time `json:"started"`
	// Window is how long the submit may have gone on, from when a worker began it.
	Window time.Duration `json:"window,omitempty"`
	// Accepted is when the prediction became known.
	Accepted time.Time `json:"accepted,omitzero"`
	// Ended is when the workflow learned the attempt's end.
	Ended time.Time `json:"ended,omitzero"`
}

// Status is one generation as the query [StatusQuery] shows it.
type Status struct {
	Key      string     `json:"key"`
	Model    string     `json:"model"`
	Account  string     `json:"account"`
	State    State      `json:"state"`
	Attempts []*Attempt `json:"attempts"`
	Outputs  []Output   `json:"outputs,omitempty"`

	// Omitted is set where the outputs are too large for a history; see [Result].
	Omitted bool `json:"omitted,omitempty"`
	// NSFW and InferenceMS are those of the [Result].
	NSFW        []bool `json:"nsfw,omitempty"`
	InferenceMS int64  `json:"inference_ms,omitempty"`

	// ErrorType is the type of the error in which the generation ended, if it did.
	ErrorType string `json:"error_type,omitempty"`

	// Fingerprint is the same for requests that ask for the same.
	Fingerprint string `json:"fingerprint,omitempty"`

	// Earlier is set on what an earlier run has left and this run has not taken up.
	Earlier bool `json:"earlier,omitempty"`

	// Kept is set where the result was there before this run, which paid nothing for it.
	Kept bool `json:"kept,omitempty"`
}

// Clone is a copy that shares nothing that changes.
func (s Status) Clone() Status {
	attempts := make([]*Attempt, len(s.Attempts))
	for i, attempt := range s.Attempts {
		clone := *attempt
		attempts[i] = &clone
	}
	s.Attempts = attempts
	return s
}

// PredictionID is that of the latest attempt; "" if it is not known.
func (s Status) PredictionID() string {
	if len(s.Attempts) == 0 {
		return ""
	}
	return s.Attempts[len(s.Attempts)-1].PredictionID
}

// URL is the address of output i; "" when there is none.
func (s Status) URL(i int) string {
	if i < 0 || i >= len(s.Outputs) {
		return ""
	}
	return s.Outputs[i].URL()
}

// Reason says why the generation stands where it does, where that needs saying.
func (s Status) Reason() string {
	if len(s.Attempts) == 0 {
		return ""
	}
	return s.Attempts[len(s.Attempts)-1].Reason
}

// GivenUp tells whether the generation failed while its prediction continued at the provider,
// which bills it: its deadline passed, or no worker had its account's key any more.
func (s Status) GivenUp() bool {
	return s.PredictionID() != "" && (s.ErrorType == ErrDeadlineExceeded || s.ErrorType == ErrUnauthorized)
}

// Price is the sum of the attempts' known prices in USD, and whether any is known.
// Failed predictions are left out, since the provider refunds them, and so is what an
// earlier run paid.
func (s Status) Price() (usd USD, known bool) {
	if s.Kept {
		return 0, false
	}
	for i, attempt := range s.Attempts {
		billed := attempt.Billed || attempt.State != StateFailed && attempt.State != StateAbsent || i == len(s.Attempts)-1 && s.GivenUp()
		if attempt.Price != nil && billed {
			usd, known = usd.Add(*attempt.Price), true
		}
	}
	return usd, known
}
