package engine

import (
	"slices"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plaintext"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// maxFitReason is what stays of a reason where there is no room for more.
const maxFitReason = 200

// fit makes results fit into so many bytes: reasons are cut, then outputs left out from the
// end, which says so; they stay with the provider.
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

// changeResult changes the generations of a result, which others may hold too, and returns
// how many bytes less it has.
func changeResult(result *pipeline.ItemResult, change func(*generation.Status)) int {
	before := recordBytes(result)
	result.Reason = plaintext.Clip(result.Reason, maxFitReason)
	result.Generations = slices.Clone(result.Generations)
	for i := range result.Generations {
		result.Generations[i] = result.Generations[i].Clone()
		change(&result.Generations[i])
	}
	return before - recordBytes(result)
}

// withShortReasons are generations as a child is handed them.
func withShortReasons(statuses []generation.Status) []generation.Status {
	short := slices.Clone(statuses)
	for i := range short {
		short[i] = short[i].Clone()
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
