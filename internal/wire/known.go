package wire

import (
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// Known is a prediction of which a submit's answer or a webhook told whose it is.
type Known struct {
	PredictionID string `json:"prediction_id"`
	Nonce        string `json:"nonce"`
	Model        string `json:"model"`

	// Answered is set where the submit's own answer told of the prediction.
	Answered bool `json:"answered,omitempty"`

	// APIKey is the fingerprint of the key with which it was submitted; "" if not known.
	APIKey string `json:"api_key,omitempty"`
}

// KnownPredictions is the answer to [KnownQuery].
type KnownPredictions struct {
	Predictions []Known `json:"predictions,omitempty"`

	// Unknown are submits that may have got a prediction of which nobody knows for certain.
	Unknown []UnknownSubmit `json:"unknown,omitempty"`

	// Absent are the nonces of submits that were not accepted.
	Absent []string `json:"absent,omitempty"`
}

// UnknownSubmit is a submit of which no answer and no webhook told what became of it.
type UnknownSubmit struct {
	Nonce string `json:"nonce"`
	Model string `json:"model"`
	// Began is when it can have been made at the earliest.
	Began time.Time `json:"began"`
	// Ended is when its workflow gave up looking for its prediction; zero while it looks.
	Ended time.Time `json:"ended,omitzero"`
	// PredictionID is what was inferred to be its prediction; "" for nothing.
	PredictionID string `json:"prediction_id,omitempty"`
}

// Add takes in a generation of the account. Whose a prediction is that was adopted, nobody
// has told: it may be what another's lost submit got.
func (k *KnownPredictions) Add(status *generation.Status, account string) {
	if status.Account != "" && status.Account != account {
		return
	}
	for _, attempt := range status.Attempts {
		switch {
		case attempt.Nonce == "":
		case attempt.PredictionID != "" && !attempt.Inferred:
			k.Predictions = append(k.Predictions, Known{attempt.PredictionID, attempt.Nonce, status.Model, attempt.Answered, attempt.APIKey})
		case attempt.State == generation.StateAbsent:
			k.Absent = append(k.Absent, attempt.Nonce)
		default:
			k.Unknown = append(k.Unknown, UnknownSubmit{attempt.Nonce, status.Model, attempt.Started, attempt.Ended, attempt.PredictionID})
		}
	}
}
