// Package outcome trims a prediction of the provider to the outcome that goes into a
// workflow's history: without the echoed input, and without outputs that are files
// themselves instead of their addresses.
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

// From trims a prediction. When its outputs have more than maxBytes together, as a
// history holds them, all are left out and the outcome says so: some without the
// others would be a wrong result.
func From(prediction provider.Prediction, maxBytes int) wire.Outcome {
	o := wire.Outcome{
		PredictionID: prediction.ID,
		Status:       string(prediction.State),
		NSFW:         prediction.NSFW[:min(len(prediction.NSFW), maxFlags)],
		Failure:      prediction.Failure.Type,
		Error:        plaintext.Clip(prediction.Failure.Reason, maxErrorBytes),
		InferenceMS:  prediction.InferenceMS,
	}
	if !slices.ContainsFunc(prediction.Outputs, holdsSomething) {
		return o
	}
	size := 0
	for _, output := range prediction.Outputs {
		// The encoder escapes, and makes six bytes of each & in a URL.
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

// holdsSomething tells an output from null and from a text without a letter: a prediction
// that gives nothing else gives no outputs. An empty list or object may be an answer.
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
