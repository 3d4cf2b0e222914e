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

	// RunID is the workflow run that drew the nonce. After a reset the activity runs in
	// another, and the submit may have been made before.
	RunID string `json:"run_id"`

	// Within is how long the provider may take to accept the submit, from when the
	// activity was scheduled.
	Within time.Duration `json:"within"`

	// Patience is after how many attempts the activity comes back from a failure to say why
	// it waits. Zero has no end.
	Patience int `json:"patience,omitempty"`

	// MaxPrice is the most that the submit may cost, in USD: one with a higher price, or
	// with none that can be had, is not sent. Nil means no bound.
	MaxPrice *generation.USD `json:"max_price,omitempty"`
}

// Submitted is the result of the activity [SubmitName].
type Submitted struct {
	PredictionID string `json:"prediction_id"`

	// Webhook tells whether the provider was given an address to call.
	Webhook bool `json:"webhook,omitempty"`

	// Price is what the provider charges, in USD; nil when it was not asked.
	Price *generation.USD `json:"price,omitempty"`

	// APIKey tells keys apart without giving them away: see [Lost].
	APIKey string `json:"api_key,omitempty"`
}

// Lost is the first detail of a submit's [ErrSubmitUnknown].
type Lost struct {
	// Price is what the submit costs if it was accepted, in USD; nil when not known.
	Price *generation.USD `json:"price,omitempty"`

	// APIKey is a fingerprint of the API key that was used. Only a search with the same
	// key can prove that nothing was accepted.
	APIKey string `json:"api_key,omitempty"`

	// Over is set where no byte of the submit can be sent any more.
	Over bool `json:"over,omitempty"`
}

// Waiting is the first detail of an activity's error that is not its last: the workflow
// shows it, and begins the activity again.
type Waiting struct {
	After time.Duration `json:"after"`
}

// FindInput is the argument of the activity [FindName]: everything that the workflow
// knows about a submit whose answer was lost. All times are Temporal's.
type FindInput struct {
	Key     string `json:"key"`
	Model   string `json:"model"`
	Account string `json:"account"`
	Nonce   string `json:"nonce"`

	// Seeded is set where the submit may carry the seed that [Seed] draws from its nonce.
	Seeded bool `json:"seeded,omitempty"`

	// Began is when the submit can have been made at the earliest, Ended when at the
	// latest.
	Began time.Time `json:"began"`
	Ended time.Time `json:"ended"`

	// Settle is how long after Ended the list and the charges may lag. Grace is how long
	// after that other witnesses are waited for.
	Settle time.Duration `json:"settle"`
	Grace  time.Duration `json:"grace"`

	// Within is how long the search may take, from when the activity was scheduled.
	Within time.Duration `json:"within"`

	// Patience is after how many attempts the activity comes back from a failure to say why
	// it waits. Zero has no end.
	Patience int `json:"patience,omitempty"`

	// Delivered are the predictions that webhooks at this submit's address named.
	Delivered []string `json:"delivered,omitempty"`

	// Earlier is set where an earlier run made the submit: webhooks may have come while no
	// run was open.
	Earlier bool `json:"earlier,omitempty"`

	// APIKeys are the fingerprints of the keys with which the submit may have been made;
	// empty where nobody knows.
	APIKeys []string `json:"api_keys,omitempty"`

	// KeyKnown is set where the submit was certainly made with the one of APIKeys.
	KeyKnown bool `json:"key_known,omitempty"`

	// StartedEvent is the event in the workflow's history that tells which worker had the
	// submit last; 0 where no event does.
	StartedEvent int64 `json:"started_event,omitempty"`

	// Twins are the other unknown submits of this workflow that ask for the same.
	Twins []Twin `json:"twins,omitempty"`
}

// Twin is an unknown submit that asks for the same as another.
type Twin struct {
	Nonce string `json:"nonce"`

	// PredictionID is what was inferred to be its prediction; "" while nothing was.
	PredictionID string `json:"prediction_id,omitempty"`
}

// Found is the result of the activity [FindName].
type Found struct {
	Verdict Verdict `json:"verdict"`

	// PredictionID is the submit's prediction when Verdict is [VerdictFound].
	PredictionID string `json:"prediction_id,omitempty"`

	// Inferred is set where the prediction was concluded from the list or the charges,
	// rather than told by an answer or a webhook.
	Inferred bool `json:"inferred,omitempty"`

	// Candidates are the predictions that may be the submit's when Verdict is
	// [VerdictUndecided]; at most [MaxCandidates].
	Candidates []string `json:"candidates,omitempty"`

	// Why says what is in doubt.
	Why string `json:"why,omitempty"`
}

// MaxCandidates bounds [Found.Candidates].
const MaxCandidates = 20

// Verdict is what the witnesses tell about a submit whose answer was lost.
type Verdict string

const (
	// VerdictFound: the submit was accepted, as the prediction named.
	VerdictFound Verdict = "found"
	// VerdictAbsent: the submit was not accepted.
	VerdictAbsent Verdict = "absent"
	// VerdictUndecided: it may have been accepted, and nothing more will tell.
	VerdictUndecided Verdict = "undecided"
)

// AwaitInput is the argument of the activity [AwaitName].
type AwaitInput struct {
	Key          string `json:"key"`
	Account      string `json:"account"`
	PredictionID string `json:"prediction_id"`

	// Model and Nonce are those of the submit whose prediction it certainly is; empty
	// where that was inferred.
	Model string `json:"model,omitempty"`
	Nonce string `json:"nonce,omitempty"`

	// Within is how long to wait for the prediction's end, from when the activity was
	// scheduled.
	Within time.Duration `json:"within"`

	// Patience is after how many attempts the activity comes back from a failure to say why
	// it waits. Zero has no end.
	Patience int `json:"patience,omitempty"`
}
