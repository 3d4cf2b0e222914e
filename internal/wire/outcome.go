package wire

import (
	"fmt"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// Outcome is how a prediction ended: the provider's object, trimmed to what a
// history should hold.
type Outcome struct {
	PredictionID string `json:"prediction_id"`

	// Status is the provider's own: completed, failed, cancelled, timeout or deleted.
	Status string `json:"status"`

	Outputs []generation.Output `json:"outputs,omitempty"`

	// Omitted is set where outputs are too large for a history: they are left out
	// here and stay with the provider.
	Omitted bool `json:"omitted,omitempty"`

	NSFW        []bool `json:"nsfw,omitempty"`
	Error       string `json:"error,omitempty"`
	Code        int    `json:"code,omitempty"`
	InferenceMS int64  `json:"inference_ms,omitempty"`
}

// Task codes with which the provider explains a failed prediction.
// Source: wavespeed.ai/docs/error-codes.
const (
	codeContentRejected  = 1200
	codeMissingParameter = 1400
	codeInvalidParameter = 1401
	codeMediaUnreachable = 1402
)

// Completed tells whether the prediction gave a result.
func (o Outcome) Completed() bool {
	return o.Status == "completed" && (len(o.Outputs) > 0 || o.Omitted)
}

// ErrorType is the type of the error in which an outcome without a result ends
// its generation.
func (o Outcome) ErrorType() string {
	switch o.Code {
	case codeContentRejected:
		return generation.ErrContentRejected
	case codeMissingParameter, codeInvalidParameter:
		return generation.ErrInvalidInput
	case codeMediaUnreachable:
		return generation.ErrMediaUnreachable
	default:
		return generation.ErrPredictionFailed
	}
}

// Retryable tells whether the same request may well succeed another time.
func (o Outcome) Retryable() bool {
	return o.ErrorType() == generation.ErrPredictionFailed && o.Status != "cancelled" && o.Status != "deleted"
}

// Reason says in words how an outcome without a result came about.
func (o Outcome) Reason() string {
	if o.Status == "completed" {
		return "the provider reports it as completed, but without outputs"
	}
	reason := "the provider reports it as " + o.Status
	if o.Code != 0 {
		reason += fmt.Sprintf(" (code %d)", o.Code)
	}
	if o.Error != "" {
		reason += ": " + o.Error
	}
	return reason
}
