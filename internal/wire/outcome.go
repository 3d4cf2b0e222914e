package wire

import (
	"cmp"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// Outcome is how a prediction ended: the provider's report, trimmed to what a
// history should hold.
type Outcome struct {
	PredictionID string `json:"prediction_id"`

	// Status is completed, failed, canceled or deleted.
	Status string `json:"status"`

	Outputs []generation.Output `json:"outputs,omitempty"`

	// Omitted is set where outputs are too large for a history: they are left out
	// here and stay with the provider.
	Omitted bool `json:"omitted,omitempty"`

	NSFW []bool `json:"nsfw,omitempty"`

	// Failure is the type of the error in which the generation ends, and Error the report in
	// the provider's own words.
	Failure string `json:"failure,omitempty"`
	Error   string `json:"error,omitempty"`

	InferenceMS int64 `json:"inference_ms,omitempty"`
}

// Completed tells whether the prediction gave a result.
func (o Outcome) Completed() bool {
	return o.Status == "completed" && (len(o.Outputs) > 0 || o.Omitted)
}

// ErrorType is the type of the error in which an outcome without a result ends
// its generation.
func (o Outcome) ErrorType() string { return cmp.Or(o.Failure, generation.ErrPredictionFailed) }

// Retryable tells whether the same request may well succeed another time.
func (o Outcome) Retryable() bool {
	return o.ErrorType() == generation.ErrPredictionFailed && o.Status != "canceled" && o.Status != "deleted"
}

// Reason says in words how an outcome without a result came about.
func (o Outcome) Reason() string {
	if o.Status == "completed" {
		return "the provider reports it as completed, but without outputs"
	}
	return "the provider reports it as " + cmp.Or(o.Error, o.Status)
}
