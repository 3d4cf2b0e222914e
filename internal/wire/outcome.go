package wire

import (
	"cmp"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// Outcome is the end of a prediction: the provider's object, trimmed to what a history should
// hold.
type Outcome struct {
	PredictionID string `json:"prediction_id"`

	// Status is the provider's status: completed, failed, cancelled, timeout or deleted.
	Status string `json:"status"`

	generation.Produced

	// Failure is the type of the error in which the generation ends, and Error the report in
	// the provider's own words.
	Failure generation.ErrorType `json:"failure,omitempty"`
	Error   string               `json:"error,omitempty"`
}

// Completed reports whether the prediction produced a result.
func (o Outcome) Completed() bool {
	return o.Status == "completed" && (len(o.Outputs) > 0 || o.Omitted)
}

// ErrorType is the type of error with which an outcome without a result ends its generation.
func (o Outcome) ErrorType() generation.ErrorType {
	return cmp.Or(o.Failure, generation.ErrorTypePredictionFailed)
}

// Retryable reports whether the same request may succeed another time.
func (o Outcome) Retryable() bool {
	return o.ErrorType() == generation.ErrorTypePredictionFailed && o.Status != "canceled" && o.Status != "deleted"
}

// Reason explains an outcome without a result.
func (o Outcome) Reason() string {
	if o.Status == "completed" {
		return "the provider reports it as completed, but without outputs"
	}
	return "the provider reports it as " + cmp.Or(o.Error, o.Status)
}
