package pipeline

import (
	"fmt"
	"strings"

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

// String explains which request was not answered, the consequence, and the reason.
func (u Unanswered) String() string {
	switch u.Endpoint {
	case "models":
		return fmt.Sprintf("account %s: the models can't be read, so models and inputs are not checked: %s", u.Account, u.Reason)
	case "price":
		steps := "step"
		if len(u.Steps) > 1 {
			steps = "steps"
		}
		return fmt.Sprintf("account %s: no price is available for %s %s: %s", u.Account, steps, strings.Join(u.Steps, ", "), u.Reason)
	case "balance":
		return fmt.Sprintf("account %s: the balance can't be read, so it may not cover the run: %s", u.Account, u.Reason)
	case "charges":
		return fmt.Sprintf("account %s: its charges can't be read, so a submit whose answer is lost can't be proven absent, and a person may have to decide: %s", u.Account, u.Reason)
	default:
		return fmt.Sprintf("account %s: %s: %s", u.Account, u.Endpoint, u.Reason)
	}
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

// Text formats the estimate for people, such as "$0.07 to $1.32".
func (e Estimate) Text() string {
	switch most, known := e.Upper(); {
	case !known:
		return "at least " + e.Total.String()
	case most == e.Total:
		return "about " + e.Total.String()
	default:
		return e.Total.String() + " to " + most.String()
	}
}

// Upper returns the upper end of the estimate, and whether it is known.
func (e Estimate) Upper() (most generation.USD, known bool) { return upper(e.Total, e.Most, e.AtLeast) }

// Upper returns the upper end of the step's estimate, and whether it is known.
func (e StepEstimate) Upper() (most generation.USD, known bool) {
	return upper(e.Total, e.Most, e.AtLeast)
}

func upper(total generation.USD, most *generation.USD, atLeast bool) (generation.USD, bool) {
	if most != nil {
		total = *most
	}
	return total, !atLeast
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
