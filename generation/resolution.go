package generation

import (
	"errors"
	"fmt"
)

// Resolution is what a person decides about a submit whose answer was lost and of which
// nothing could tell whether it was accepted: the argument of the update [ResolveUpdate].
// Either PredictionID or Absent must be set.
type Resolution struct {
	// Key names the generation. May be empty while only one is unknown.
	Key string `json:"key,omitempty"`

	// Attempt is the number of the attempt that the decision is about. Defaults to the one
	// that is unknown when the decision arrives.
	Attempt int `json:"attempt,omitempty"`

	// PredictionID is the prediction that the submit got.
	PredictionID string `json:"prediction_id,omitempty"`

	// Absent says that the submit was not accepted: it is made again.
	Absent bool `json:"absent,omitempty"`

	// By is who decides. It is not verified: Temporal knows who may send updates, not
	// who they say they are.
	By string `json:"by,omitempty"`

	// Comment is shown beside the decision.
	Comment string `json:"comment,omitempty"`
}

// maxResolutionBytes bounds a resolution's texts.
const maxResolutionBytes = 1000

// Validate says what is wrong with the resolution, naming the field.
func (r Resolution) Validate() error {
	switch {
	case r.PredictionID == "" && !r.Absent:
		return errors.New("prediction_id: name the prediction that the submit got, or say that it is absent")
	case r.PredictionID != "" && r.Absent:
		return errors.New("absent: a submit that got a prediction is not absent; give one of the two")
	case len(r.By)+len(r.Comment) > maxResolutionBytes:
		return fmt.Errorf("comment: more than %d bytes", maxResolutionBytes)
	case r.PredictionID != "":
		if err := ValidatePredictionID(r.PredictionID); err != nil {
			return fmt.Errorf("prediction_id: %w", err)
		}
		return nil
	default:
		return nil
	}
}
