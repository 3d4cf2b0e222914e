package wire

import (
	"encoding/json"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// SubmitInput is the argument of the activity [SubmitName].
type SubmitInput struct {
	Key     string          `json:"key"`
	Model   string          `json:"model"`
	Input   json.RawMessage `json:"input"`
	Account string          `json:"account"`
	Nonce   string          `json:"nonce"`

	// RunID is the workflow run that drew the nonce. After a reset, the activity belongs to
	// another run, and the submit may already have been made.
	RunID string `json:"run_id"`

	// Within is how long the provider may take to accept the submit, from when the activity was
	// scheduled.
	Within time.Duration `json:"within"`

	// Patience is the number of failed attempts after which the activity returns to report why
	// it is waiting. Zero means no limit.
	Patience int `json:"patience,omitempty"`

	// MaxPrice is the maximum cost of the submit, in USD. A submit with a higher price, or
	// without a known price, is not sent. Nil means no limit.
	MaxPrice *generation.USD `json:"max_price,omitempty"`

	// Leased is set if the submit has a slot of the account's limits. If the provider refuses it
	// for those, the activity returns: another may have to wait.
	Leased bool `json:"leased,omitempty"`

	// Insists is set if the submit was refused several times for those, though it had a slot. Then
	// Temporal retries it, as without limits: a history must not grow with each refusal.
	Insists bool `json:"insists,omitempty"`

	// Ungated is set if the submit would have waited for a slot, but nobody answers who keeps the
	// account's limits.
	Ungated bool `json:"ungated,omitempty"`
}

// Submitted is the result of the activity [SubmitName].
type Submitted struct {
	PredictionID string `json:"prediction_id"`

	// Nonce is that of the submit, for whoever finds the result in a history. Older versions
	// don't give it.
	Nonce string `json:"nonce,omitempty"`

	// Webhook reports whether the submit had a webhook address.
	Webhook bool `json:"webhook,omitempty"`

	// Price is what the provider charges, in USD; nil if it was not requested.
	Price *generation.USD `json:"price,omitempty"`

	// APIKey identifies the key without revealing it: see [Lost].
	APIKey string `json:"api_key,omitempty"`
}

// Lost is the first detail of a submit's [ErrorTypeSubmitUnknown].
type Lost struct {
	// Nonce is that of the submit.
	Nonce string `json:"nonce,omitempty"`

	// Price is the cost of the submit if it was accepted, in USD; nil if unknown.
	Price *generation.USD `json:"price,omitempty"`

	// APIKey is a fingerprint of the API key that was used. Only a search with the same
	// key can prove that nothing was accepted.
	APIKey string `json:"api_key,omitempty"`

	// Over is set if no byte of the submit can be sent any more.
	Over bool `json:"over,omitempty"`
}

// Waiting is the first detail of an activity's error that is not final: the workflow shows it,
// and starts the activity again.
type Waiting struct {
	After time.Duration `json:"after"`
}

// FindInput is the argument of the activity [FindName]: everything that the workflow knows
// about a submit whose response was lost. All times are Temporal's.
type FindInput struct {
	Key     string `json:"key"`
	Model   string `json:"model"`
	Account string `json:"account"`
	Nonce   string `json:"nonce"`

	// Seeded is set if the submit may carry the seed that [Seed] draws from its nonce.
	Seeded bool `json:"seeded,omitempty"`

	// Began is the earliest time at which the submit can have been made, and Ended the latest.
	Began time.Time `json:"began"`
	Ended time.Time `json:"ended"`

	// Settle is how long after Ended the list and the charges may lag. Grace is how much longer
	// to wait for other evidence.
	Settle time.Duration `json:"settle"`
	Grace  time.Duration `json:"grace"`

	// Within is how long the search may take, from when the activity was scheduled.
	Within time.Duration `json:"within"`

	// Patience is the number of failed attempts after which the activity returns to report why
	// it is waiting. Zero means no limit.
	Patience int `json:"patience,omitempty"`

	// Delivered are the predictions named by webhooks to this submit's address.
	Delivered []string `json:"delivered,omitempty"`

	// Earlier is set if an earlier run made the submit: webhooks may have arrived while no run
	// was open.
	Earlier bool `json:"earlier,omitempty"`

	// APIKeys are the fingerprints of the keys that the submit may have used; empty if unknown.
	APIKeys []string `json:"api_keys,omitempty"`

	// KeyKnown is set if the submit certainly used the only key in APIKeys.
	KeyKnown bool `json:"key_known,omitempty"`

	// StartedEvent is the event in the workflow's history that names the last worker of the
	// submit; 0 if no event does.
	StartedEvent int64 `json:"started_event,omitempty"`

	// Twins are the other unknown submits of this workflow with the same request.
	Twins []Twin `json:"twins,omitempty"`
}

// Twin is an unknown submit with the same request as another.
type Twin struct {
	Nonce string `json:"nonce"`

	// PredictionID is its inferred prediction; "" if none was inferred.
	PredictionID string `json:"prediction_id,omitempty"`
}

// Found is the result of the activity [FindName].
type Found struct {
	Conclusion Conclusion `json:"verdict"`

	// PredictionID is the submit's prediction if Conclusion is [ConclusionFound].
	PredictionID string `json:"prediction_id,omitempty"`

	// Inferred is set if the prediction was inferred from the list or the charges, instead of
	// named by a response or a webhook.
	Inferred bool `json:"inferred,omitempty"`

	// Candidates are the predictions that may belong to the submit if Conclusion is
	// [ConclusionUndecided]; at most [MaxCandidates].
	Candidates []string `json:"candidates,omitempty"`

	// Why explains the doubt.
	Why string `json:"why,omitempty"`
}

// MaxCandidates limits [Found.Candidates].
const MaxCandidates = 20

// Conclusion is what the evidence shows about a submit whose response was lost.
type Conclusion string

const (
	// ConclusionFound: the submit was accepted, as the named prediction.
	ConclusionFound Conclusion = "found"
	// ConclusionAbsent: the submit was not accepted.
	ConclusionAbsent Conclusion = "absent"
	// ConclusionUndecided: it may have been accepted, and there is no more evidence to wait for.
	ConclusionUndecided Conclusion = "undecided"
)

// AwaitInput is the argument of the activity [AwaitName].
type AwaitInput struct {
	Key          string `json:"key"`
	Account      string `json:"account"`
	PredictionID string `json:"prediction_id"`

	// Model and Nonce belong to the submit that certainly got this prediction; empty if that
	// was inferred.
	Model string `json:"model,omitempty"`
	Nonce string `json:"nonce,omitempty"`

	// Within is how long to wait for the prediction to end, from when the activity was
	// scheduled.
	Within time.Duration `json:"within"`

	// Patience is the number of failed attempts after which the activity returns to report why
	// it is waiting. Zero means no limit.
	Patience int `json:"patience,omitempty"`
}
