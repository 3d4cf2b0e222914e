package engine

import (
	"slices"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plaintext"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/record"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// maxFitReason is the length to which reasons are cut if space is short.
const maxFitReason = 200

// fit makes results fit into a number of bytes. It cuts reasons, then omits outputs from the
// end and marks them as omitted; they remain with the provider.
func fit(items []pipeline.ItemResult, bytes int) {
	size := recordBytes(items)
	for i := range items {
		if size > bytes {
			size -= changeResult(&items[i], cutReasons)
		}
	}
	for i := range slices.Backward(items) {
		if size > bytes {
			size -= changeResult(&items[i], omitOutputs)
		}
	}
}

// changeResult changes copies of a result's generations, which may be shared, and returns by
// how many bytes it shrank.
func changeResult(result *pipeline.ItemResult, change func(*generation.Status)) int {
	before := recordBytes(result)
	result.Reason = plaintext.Clip(result.Reason, maxFitReason)
	result.Generations = slices.Clone(result.Generations)
	for i := range result.Generations {
		result.Generations[i] = record.Clone(result.Generations[i])
		change(&result.Generations[i])
	}
	return before - recordBytes(result)
}

// withShortReasons are generations as a child is handed them.
func withShortReasons(statuses []generation.Status) []generation.Status {
	short := slices.Clone(statuses)
	for i := range short {
		short[i] = record.Clone(short[i])
		cutReasons(&short[i])
	}
	return short
}

func cutReasons(status *generation.Status) {
	for _, attempt := range status.Attempts {
		attempt.Reason = plaintext.Clip(attempt.Reason, maxFitReason)
	}
}

func omitOutputs(status *generation.Status) {
	if len(status.Outputs) > 0 {
		status.Outputs, status.Omitted = nil, true
	}
}
