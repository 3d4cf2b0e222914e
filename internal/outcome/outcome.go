// Package outcome trims a prediction to the outcome that goes into a workflow's history:
// without the echoed input, and without outputs that contain files instead of URLs.
package outcome

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plaintext"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

const (
	maxErrorBytes = 2 << 10
	maxFlags      = 1000
)

// From trims a prediction. If its outputs exceed maxBytes in total, as encoded in a history, it
// omits all of them and says so: a part of the outputs would be a wrong result.
func From(prediction provider.Prediction, maxBytes int) wire.Outcome {
	o := wire.Outcome{
		PredictionID: prediction.ID,
		Status:       string(prediction.State),
		Produced:     generation.Produced{NSFW: prediction.NSFW[:min(len(prediction.NSFW), maxFlags)], InferenceMS: prediction.InferenceMS},
		Failure:      prediction.Failure.Type,
		Error:        plaintext.Clip(prediction.Failure.Reason, maxErrorBytes),
	}
	if !slices.ContainsFunc(prediction.Outputs, holdsSomething) {
		return o
	}
	size := 0
	for _, output := range prediction.Outputs {
		// The encoder escapes each & in a URL as six bytes.
		encoded, err := json.Marshal(output)
		size += len(encoded)
		if err != nil || size > maxBytes {
			o.Omitted = true
			return o
		}
	}
	for _, output := range prediction.Outputs {
		o.Outputs = append(o.Outputs, generation.Output(output))
	}
	return o
}

// holdsSomething reports whether an output is more than null or a blank text. A prediction with
// nothing else has no outputs. An empty list or object may be an answer.
func holdsSomething(output json.RawMessage) bool {
	var value any
	if json.Unmarshal(output, &value) != nil {
		return true
	}
	switch value := value.(type) {
	case nil:
		return false
	case string:
		return strings.TrimSpace(value) != ""
	default:
		return true
	}
}
