package wire

import (
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// Known is a prediction that a submit's response or a webhook has linked to its submit.
type Known struct {
	PredictionID string `json:"prediction_id"`
	Nonce        string `json:"nonce"`
	Model        string `json:"model"`

	// Answered is set if the submit's own response named the prediction.
	Answered bool `json:"answered,omitempty"`

	// APIKey is the fingerprint of the key that it was submitted with; "" if unknown.
	APIKey string `json:"api_key,omitempty"`
}

// KnownPredictions is the result of [KnownQuery].
type KnownPredictions struct {
	Predictions []Known `json:"predictions,omitempty"`

	// Unknown are submits that may have got a prediction, with nothing certain known.
	Unknown []UnknownSubmit `json:"unknown,omitempty"`

	// Absent are the nonces of submits that were not accepted.
	Absent []string `json:"absent,omitempty"`
}

// UnknownSubmit is a submit whose outcome no response and no webhook has shown.
type UnknownSubmit struct {
	Nonce string `json:"nonce"`
	Model string `json:"model"`
	// Began is the earliest time at which it can have been made.
	Began time.Time `json:"began"`
	// Ended is when its workflow stopped searching; zero while it searches.
	Ended time.Time `json:"ended,omitzero"`
	// PredictionID is its inferred prediction; "" for none.
	PredictionID string `json:"prediction_id,omitempty"`
}

// Add adds a generation of the account. It is not known whose an adopted prediction is: it may
// belong to another generation's lost submit.
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
