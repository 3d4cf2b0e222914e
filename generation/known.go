package generation

import "cmp"

// Known is a prediction of which a submit's answer or a webhook told whose it is.
type Known struct {
	PredictionID string `json:"prediction_id"`
	Nonce        string `json:"nonce"`
	Model        string `json:"model"`
}

// KnownPredictions is the answer to [KnownQuery].
type KnownPredictions struct {
	Predictions []Known `json:"predictions,omitempty"`

	// Unknown are the nonces of submits that may have got a prediction of which nobody
	// knows.
	Unknown []string `json:"unknown,omitempty"`
}

// Add takes in a generation of the account.
func (k *KnownPredictions) Add(status *Status, account string) {
	if status.Account != "" && status.Account != account {
		return
	}
	for _, attempt := range status.Attempts {
		switch {
		case attempt.PredictionID != "" && !attempt.Inferred:
			// One that was adopted has no nonce.
			k.Predictions = append(k.Predictions, Known{attempt.PredictionID, cmp.Or(attempt.Nonce, "adopted "+attempt.PredictionID), status.Model})
		case attempt.Nonce != "" && attempt.State != StateAbsent:
			k.Unknown = append(k.Unknown, attempt.Nonce)
		}
	}
}
