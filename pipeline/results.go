package pipeline

import (
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// Cursor is a place in a run's results: a child of a step, or after its children an item.
// The zero value is the first.
type Cursor struct {
	Step  string `json:"step,omitempty"`
	Child int    `json:"child,omitempty"`
	Item  int    `json:"item,omitempty"`
}

// Page is a part of a run's results.
type Page struct {
	Steps []StepResults `json:"steps"`

	// Next is where the next page begins; nil after the last.
	Next *Cursor `json:"next,omitempty"`

	// Before is the run whose results are to be read instead: the one asked was to resume
	// it, and ended before it had read them.
	Before *Child `json:"before,omitempty"`
}

// StepResults are what a step has made.
type StepResults struct {
	ID string `json:"id"`

	// Input is what a regeneration changed in the step's input; ItemInput in that of
	// single items, by their keys.
	Input     map[string]any            `json:"input,omitempty"`
	ItemInput map[string]map[string]any `json:"item_input,omitempty"`

	// Items are the generations, one entry for a step without for_each.
	Items []ItemResult `json:"items,omitempty"`

	// Children are workflows with results that the run has not taken over.
	Children []Child `json:"children,omitempty"`

	// Approval is how people decided.
	Approval *generation.ApprovalStatus `json:"approval,omitempty"`
}

// ItemResult is what became of one item.
type ItemResult struct {
	Index int       `json:"index"`
	Key   string    `json:"key,omitempty"`
	State StepState `json:"state"`

	// Reason says why an item failed without a generation.
	Reason string `json:"reason,omitempty"`

	// Generations are those of the item: one, or more after fallbacks and regenerations.
	// The last tells what became of it.
	Generations []generation.Status `json:"generations,omitempty"`

	// Replaced are older ones that somebody had made again. They were paid for, and are used
	// again only when what was changed is dropped.
	Replaced []generation.Status `json:"replaced,omitempty"`
}

// Child names a workflow.
type Child struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
}

// Last is the generation that tells what became of the item; the zero value while none
// was started.
func (i ItemResult) Last() generation.Status {
	if len(i.Generations) == 0 {
		return generation.Status{}
	}
	return i.Generations[len(i.Generations)-1]
}
