package pipeline

import (
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// Cursor is a position in a run's results: a child of a step or, after its children, an item.
// The zero value is the start.
type Cursor struct {
	Step  string `json:"step,omitempty"`
	Child int    `json:"child,omitempty"`
	Item  int    `json:"item,omitempty"`
}

// Page is a part of a run's results.
type Page struct {
	Steps []StepResults `json:"steps"`

	// Next is the start of the next page; nil after the last.
	Next *Cursor `json:"next,omitempty"`

	// Before is a run whose results to read instead: the queried run was meant to resume it,
	// but ended before it had read its results.
	Before *Child `json:"before,omitempty"`
}

// StepResults are the results of a step.
type StepResults struct {
	ID string `json:"id"`

	// Input holds a regeneration's changes to the step's input. ItemInput holds those to single
	// items, by key.
	Input     map[string]any            `json:"input,omitempty"`
	ItemInput map[string]map[string]any `json:"item_input,omitempty"`

	// Items are the generations; a step without for_each has one entry.
	Items []ItemResult `json:"items,omitempty"`

	// Children are workflows whose results the run has not taken over.
	Children []Child `json:"children,omitempty"`

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

// Child names a workflow.
type Child struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
}

// Last is the generation that determines the item's outcome; the zero value if none was
// started.
func (i ItemResult) Last() generation.Status {
	if len(i.Generations) == 0 {
		return generation.Status{}
	}
	return i.Generations[len(i.Generations)-1]
}
