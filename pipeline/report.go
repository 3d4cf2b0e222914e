package pipeline

import (
	"fmt"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// Unanswered is an endpoint that was down, forbidden, or gave an answer that cannot be.
type Unanswered struct {
	// Endpoint is models, price, balance or charges.
	Endpoint string `json:"endpoint"`
	Account  string `json:"account"`

	// Steps are those whose price was asked for.
	Steps []string `json:"steps,omitempty"`

	// Reason is the error, of the first step where there are several.
	Reason string `json:"reason"`
}

// String says what was not answered, what that means, and why.
func (u Unanswered) String() string {
	switch u.Endpoint {
	case "models":
		return fmt.Sprintf("account %s: the models can't be read, so models and inputs are not checked: %s", u.Account, u.Reason)
	case "price":
		steps := "step"
		if len(u.Steps) > 1 {
			steps = "steps"
		}
		return fmt.Sprintf("account %s: no price can be had for %s %s: %s", u.Account, steps, strings.Join(u.Steps, ", "), u.Reason)
	case "balance":
		return fmt.Sprintf("account %s: the balance can't be read, so it may not cover the run: %s", u.Account, u.Reason)
	case "charges":
		return fmt.Sprintf("account %s: its charges can't be read, so a submit whose answer is lost can't be proven absent, and a person may have to decide: %s", u.Account, u.Reason)
	default:
		return fmt.Sprintf("account %s: %s: %s", u.Account, u.Endpoint, u.Reason)
	}
}

// Estimate is what a run is likely to cost, in USD, if nothing fails and people approve what
// they are shown.
type Estimate struct {
	Steps []StepEstimate `json:"steps"`

	// Total is the least that it costs.
	Total generation.USD `json:"total"`

	// Most is what it costs if every step runs with as many items as it may have, and with
	// the dearest of its models; nil where it is Total, or not known.
	Most *generation.USD `json:"most,omitempty"`

	// AtLeast is set where Most is not known, because nothing bounds the price of a step.
	AtLeast bool `json:"at_least,omitempty"`

	// Balance is the account's credit; nil if it was not asked.
	Balance *generation.USD `json:"balance,omitempty"`
}

// Text is the estimate as people read it, such as "$0.07 to $1.32".
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

// Upper is the upper end of the estimate, and whether it is known.
func (e Estimate) Upper() (most generation.USD, known bool) { return upper(e.Total, e.Most, e.AtLeast) }

// Upper is the upper end of the step's estimate, and whether it is known.
func (e StepEstimate) Upper() (most generation.USD, known bool) {
	return upper(e.Total, e.Most, e.AtLeast)
}

func upper(total generation.USD, most *generation.USD, atLeast bool) (generation.USD, bool) {
	if most != nil {
		total = *most
	}
	return total, !atLeast
}

// StepEstimate is what one step is likely to cost.
type StepEstimate struct {
	ID    string `json:"id"`
	Model string `json:"model"`

	// Items is how many there are at least, 0 for a step that may be skipped; MostItems how
	// many at most, where that differs and is known.
	Items     int `json:"items"`
	MostItems int `json:"most_items,omitempty"`

	// Each is the price of one, Total that of Items; Most that of all there may be, with the
	// dearest model, and nil where it is Total, or not known.
	Each  generation.USD  `json:"each"`
	Total generation.USD  `json:"total"`
	Most  *generation.USD `json:"most,omitempty"`

	// AtLeast is set where the price depends on what is only known in the run; Unknown
	// where nothing bounds the number of items.
	AtLeast bool `json:"at_least,omitempty"`
	Unknown bool `json:"unknown,omitempty"`

	// Unpriced says why no price could be had; Each and Total are 0 then.
	Unpriced string `json:"unpriced,omitempty"`

	// Sampled is how many items were priced, if not all.
	Sampled int `json:"sampled,omitempty"`
}
