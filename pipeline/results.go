package pipeline

import (
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// StepResults are the results of a step.
type StepResults struct {
	ID string `json:"id"`

	// Input holds a regeneration's changes to the step's input. ItemInput holds those to single
	// items, by key.
	Input     map[string]any            `json:"input,omitempty"`
	ItemInput map[string]map[string]any `json:"item_input,omitempty"`

	// Items are the generations; a step without for_each has one entry.
	Items []ItemResult `json:"items,omitempty"`

	// Approval is the outcome of an approval.
	Approval *generation.ApprovalStatus `json:"approval,omitempty"`
}

// ItemResult is the result of one item.
type ItemResult struct {
	Index int    `json:"index"`
	Key   string `json:"key,omitempty"`
	State State  `json:"state"`

	// Reason says why an item failed without a generation.
	Reason string `json:"reason,omitempty"`

	// Generations are the item's generations: one, or more after fallbacks and regenerations.
	// The last one determines the item's outcome.
	Generations []generation.Status `json:"generations,omitempty"`

	// Replaced are older generations that somebody regenerated. They were paid for, and are
	// reused only if the changes are discarded.
	Replaced []generation.Status `json:"replaced,omitempty"`
}

// Last is the generation that determines the item's outcome; the zero value if none was
// started.
func (i ItemResult) Last() generation.Status {
	if len(i.Generations) == 0 {
		return generation.Status{}
	}
	return i.Generations[len(i.Generations)-1]
}
