package pipeline

import (
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// Unanswered is an endpoint that was down, forbidden, or returned an impossible answer.
type Unanswered struct {
	// Endpoint is an endpoint of the provider.
	Endpoint string `json:"endpoint"`
	Account  string `json:"account"`

	// Steps are the steps whose price was requested.
	Steps []string `json:"steps,omitempty"`

	// Reason is the error, or the first step's error if there are several.
	Reason string `json:"reason"`
}

// Estimate is the likely cost of a run, in USD, if nothing fails and people approve.
type Estimate struct {
	Steps []StepEstimate `json:"steps"`

	// Total is the minimum cost.
	Total generation.USD `json:"total"`

	// Most is the cost if every step runs with its maximum number of items and its most
	// expensive model; nil if it equals Total, or is unknown.
	Most *generation.USD `json:"most,omitempty"`

	// AtLeast is set if Most is unknown because a step's price has no upper bound.
	AtLeast bool `json:"at_least,omitempty"`

	// Balance is the account's credit; nil if it was not requested.
	Balance *generation.USD `json:"balance,omitempty"`
}

// StepEstimate is the likely cost of a step.
type StepEstimate struct {
	ID    string `json:"id"`
	Model string `json:"model"`

	// Items is the minimum number of items, 0 for a step that may be skipped. MostItems is the
	// maximum, if it differs and is known.
	Items     int `json:"items"`
	MostItems int `json:"most_items,omitempty"`

	// Each is the price of one item and Total that of Items. Most is the price of the maximum
	// number of items with the most expensive model; nil if it equals Total, or is unknown.
	Each  generation.USD  `json:"each"`
	Total generation.USD  `json:"total"`
	Most  *generation.USD `json:"most,omitempty"`

	// AtLeast is set if the price depends on values that only the run knows. Unknown is set if
	// the number of items has no upper bound.
	AtLeast bool `json:"at_least,omitempty"`
	Unknown bool `json:"unknown,omitempty"`

	// Unpriced says why no price is available; Each and Total are 0 then.
	Unpriced string `json:"unpriced,omitempty"`

	// Sampled is how many items were priced, if not all.
	Sampled int `json:"sampled,omitempty"`
}
