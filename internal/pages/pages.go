// Package pages defines what the query for a pipeline run's results is asked and answers, and
// reads the answers. It knows nothing of what an item is, so that package pipeline can use it.
package pages

import (
	"bytes"
	"encoding/json"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/jsonvalue"
)

// Cursor is a position in a run's results: a child of a step or, after its children, an item.
// The zero value is the start.
type Cursor struct {
	Step  string `json:"step,omitempty"`
	Child int    `json:"child,omitempty"`
	Item  int    `json:"item,omitempty"`
}

// Child names a workflow.
type Child struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`

	// Started is set of a child that is known to have started. Then it may have paid for something.
	Started bool `json:"started,omitempty"`
}

// Page is a part of a run's results.
type Page[Item any] struct {
	Steps []Step[Item] `json:"steps"`

	// Next is the start of the next page; nil after the last.
	Next *Cursor `json:"next,omitempty"`

	// Before is a run whose results to read instead: the queried run was meant to resume it,
	// but ended before it had read its results.
	Before *Child `json:"before,omitempty"`
}

// Step is a part of the results of a step; see pipeline.StepResults.
type Step[Item any] struct {
	ID        string                    `json:"id"`
	Input     map[string]any            `json:"input,omitempty"`
	ItemInput map[string]map[string]any `json:"item_input,omitempty"`
	Items     []Item                    `json:"items,omitempty"`

	// Children are workflows whose results the run has not taken over.
	Children []Child `json:"children,omitempty"`

	Approval *generation.ApprovalStatus `json:"approval,omitempty"`
}

// UnmarshalJSON keeps all digits of numbers in inputs.
func (s *Step[Item]) UnmarshalJSON(data []byte) error {
	type plain Step[Item]
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode((*plain)(s)); err != nil {
		return err
	}
	jsonvalue.Numbers(s.Input)
	for _, input := range s.ItemInput {
		jsonvalue.Numbers(input)
	}
	return nil
}
