package record

import "github.com/wavespeed-temporal/wavespeed-temporal/generation"

// WorthKeeping reports whether a run that resumes this one needs the generation: it has a result,
// or it has, or may have, a prediction.
func WorthKeeping(status generation.Status) bool {
	return HasResult(status) || OpenPrediction(status) != nil || OpenSubmit(status) != nil
}

// HasResult reports whether the generation has completed and its result is kept.
func HasResult(status generation.Status) bool {
	return status.State == generation.StateCompleted && (len(status.Outputs) > 0 || status.Omitted)
}

// OpenPrediction returns an accepted prediction that may still produce a result; nil for none.
func OpenPrediction(status generation.Status) *generation.Attempt {
	switch last := LastAttempt(status); {
	case last == nil || last.PredictionID == "" || status.State == generation.StateCompleted:
		return nil
	case last.State == generation.StateFailed && !GivenUp(status):
		return nil
	default:
		return last
	}
}

// OpenSubmit returns a submit that may have been accepted; nil for none.
func OpenSubmit(status generation.Status) *generation.Attempt {
	last := LastAttempt(status)
	if last == nil || last.PredictionID != "" || last.Nonce == "" {
		return nil
	}
	switch last.State {
	case generation.StateSubmitting, generation.StateUnknown, generation.StateCanceled:
		return last
	default:
		return nil
	}
}

// LastAttempt returns the latest attempt; nil for none.
func LastAttempt(status generation.Status) *generation.Attempt {
	if len(status.Attempts) == 0 {
		return nil
	}
	return status.Attempts[len(status.Attempts)-1]
}
