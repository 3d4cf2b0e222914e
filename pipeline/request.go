package pipeline

import (
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// Request asks for one execution of a pipeline. The definition is part of it, so that a
// later edit changes nothing in a run that has started.
type Request struct {
	// Pipeline is the definition: the content of a pipeline file, as JSON.
	Pipeline Definition `json:"pipeline"`

	// Inputs are the values of the pipeline's inputs. Those with a default are optional.
	Inputs map[string]any `json:"inputs,omitempty"`

	// Budget replaces the cap of the pipeline's budget, in USD. Defaults to that cap.
	Budget *generation.USD `json:"budget,omitempty"`

	// Resume keeps what an earlier run has paid for. Defaults to none: everything is
	// generated.
	Resume *Resume `json:"resume,omitempty"`

	// SearchAttributes sets the search attributes of this package on the run. If the
	// namespace lacks them, the run hangs. Defaults to false.
	SearchAttributes bool `json:"search_attributes,omitempty"`
}

// Resume says which results of an earlier run to keep. A step's result is kept if its
// request is the same: model, account and input.
type Resume struct {
	// WorkflowID is the earlier run's workflow id. Defaults to the new run's own.
	WorkflowID string `json:"workflow_id,omitempty"`

	// RunID is the earlier run's run id.
	RunID string `json:"run_id"`

	// From is a step to generate again, with all steps that depend on it. Defaults to none:
	// only what failed, or did not start, is generated.
	From string `json:"from,omitempty"`

	// Input replaces fields of steps' inputs, by step; null removes one. Defaults to none.
	Input map[string]map[string]any `json:"input,omitempty"`

	// DropChanges discards what earlier runs, or regenerations in them, changed in steps'
	// inputs. Defaults to keeping those changes.
	DropChanges bool `json:"drop_changes,omitempty"`

	// ResubmitUnknown submits again what may have been accepted, instead of searching for it
	// first: the risk is to pay twice. Defaults to false.
	ResubmitUnknown bool `json:"resubmit_unknown,omitempty"`
}

// Result is what a completed run gives.
type Result struct {
	// Outputs are the pipeline's outputs by name.
	Outputs map[string]any `json:"outputs"`

	// Omitted is set where the outputs are too large for a result; the query
	// [ResultsQuery] gives them in pages.
	Omitted bool `json:"omitted,omitempty"`

	// Cost is what this run was charged, in USD, without what earlier ones were; nil if no
	// price is known.
	Cost *generation.USD `json:"cost,omitempty"`

	// Steps are all steps, in the order of the definition.
	Steps []StepStatus `json:"steps"`
}
