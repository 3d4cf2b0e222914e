package wire

import (
	"errors"
	"fmt"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/predictionid"
)

// maxResolutionBytes limits a resolution's texts.
const maxResolutionBytes = 1000

// CheckResolution checks a resolution; an error names the field.
func CheckResolution(r generation.Resolution) error {
	switch {
	case r.PredictionID == "" && !r.Absent:
		return errors.New("prediction_id: set the prediction that the submit got, or set absent")
	case r.PredictionID != "" && r.Absent:
		return errors.New("absent: can't be combined with prediction_id")
	case len(r.By)+len(r.Comment) > maxResolutionBytes:
		return fmt.Errorf("comment: more than %d bytes", maxResolutionBytes)
	case r.PredictionID != "":
		if err := predictionid.Validate(r.PredictionID); err != nil {
			return fmt.Errorf("prediction_id: %w", err)
		}
		return nil
	default:
		return nil
	}
}
