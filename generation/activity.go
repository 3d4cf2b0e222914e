package generation

import (
	"encoding/json"
	"time"
)

// SubmitInput is the argument of the activity [SubmitName].
type SubmitInput struct {
	Key     string          `json:"key"`
	Model   string          `json:"model"`
	Input   json.RawMessage `json:"input"`
	Account string          `json:"account"`
	Nonce   string          `json:"nonce"`

	// Within is how long the provider may take to accept the submit, from when the
	// activity was scheduled.
	Within time.Duration `json:"within"`

	// MaxPrice is the most that the submit may cost, in USD: one with a higher price, or
	// with none that can be had, is not sent. Nil is no bound.
	MaxPrice *USD `json:"max_price,omitempty"`
}

// Submitted is the result of the activity [SubmitName].
type Submitted struct {
	PredictionID string `json:"prediction_id"`

	// Webhook tells whether the provider was given an address to call.
	Webhook bool `json:"webhook,omitempty"`

	// Price is what the provider charges, in USD; nil when it was not asked.
	Price *USD `json:"price,omitempty"`
}

// FindInput is the argument of the activity [FindName].
type FindInput struct {
	Key     string          `json:"key"`
	Model   string          `json:"model"`
	Input   json.RawMessage `json:"input"`
	Account string          `json:"account"`
	Nonce   string          `json:"nonce"`

	// Candidate is the prediction that a webhook named; "" while none has.
	Candidate string `json:"candidate,omitempty"`

	// Submitted is when the submit began: an older prediction is not its.
	Submitted time.Time `json:"submitted"`

	// Settled is when a prediction that is still not listed is held to be absent.
	Settled time.Time `json:"settled"`

	// GiveUp is when the search ends if the list cannot tell.
	GiveUp time.Time `json:"give_up"`

	// Claimed are predictions known to be another generation's.
	Claimed []string `json:"claimed,omitempty"`
}

// Found is the result of the activity [FindName].
type Found struct {
	Verdict Verdict `json:"verdict"`

	// PredictionID is the submit's prediction when Verdict is [VerdictFound].
	PredictionID string `json:"prediction_id,omitempty"`
}

// Verdict is what the provider's list of predictions tells about a submit.
type Verdict string

const (
	// VerdictFound: the submit was accepted, as the prediction named.
	VerdictFound Verdict = "found"
	// VerdictAbsent: the submit was not accepted.
	VerdictAbsent Verdict = "absent"
	// VerdictForeign: the candidate is another submit's prediction.
	VerdictForeign Verdict = "foreign"
	// VerdictAmbiguous: the list cannot tell the submit's prediction from others.
	VerdictAmbiguous Verdict = "ambiguous"
)

// AwaitInput is the argument of the activity [AwaitName].
type AwaitInput struct {
	Key          string `json:"key"`
	Account      string `json:"account"`
	PredictionID string `json:"prediction_id"`
}
