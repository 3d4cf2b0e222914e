package pipeline

import (
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// Request requests one execution of a pipeline. It contains the definition, so later edits
// don't affect runs that have started.
type Request struct {
	// Pipeline is the definition: the content of a pipeline file, as JSON.
	Pipeline Definition `json:"pipeline"`

	// Inputs are the values of the pipeline's inputs. Those with a default are optional.
	Inputs map[string]any `json:"inputs,omitempty"`

	// Budget replaces the cap of the pipeline's budget, in USD. Defaults to that cap.
	Budget *generation.USD `json:"budget,omitempty"`

	// Resume keeps the paid results of an earlier run. Defaults to none: everything is
	// generated.
	Resume *Resume `json:"resume,omitempty"`

	// SearchAttributes sets the search attributes WavespeedPipeline and WavespeedState (Keyword),
	// WavespeedModels (KeywordList) and WavespeedCost (Double) on the run. If the namespace lacks
	// them, the run hangs. Defaults to false.
	SearchAttributes bool `json:"search_attributes,omitempty"`
}

// Resume says which results of an earlier run to keep. A step's result is kept if its
// request is the same: model, account and input.
type Resume struct {
	// WorkflowID is the earlier run's workflow id. Defaults to the new run's own.
	WorkflowID string `json:"workflow_id,omitempty"`

	// RunID is the earlier run's run id.
	RunID string `json:"run_id"`

	// From is a step to regenerate, with all steps that depend on it. Defaults to none: only
	// what failed or did not start is generated.
	From string `json:"from,omitempty"`

	// Input replaces fields of steps' inputs, by step; null removes a field. Defaults to none.
	Input map[string]map[string]any `json:"input,omitempty"`

	// DropChanges discards changes that earlier runs, and regenerations in them, made to steps'
	// inputs. Defaults to keeping those changes.
	DropChanges bool `json:"drop_changes,omitempty"`

	// ResubmitUnknown submits again even if an earlier submit may have been accepted, without
	// searching for it first. You may pay twice. Defaults to false.
	ResubmitUnknown bool `json:"resubmit_unknown,omitempty"`
}

// Result is the result of a completed run.
type Result struct {
	// Outputs are the pipeline's outputs by name.
	Outputs map[string]any `json:"outputs"`

	// Omitted is set if the outputs are too large for a result; the query wavespeed.results
	// returns them in pages.
	Omitted bool `json:"omitted,omitempty"`

	// Cost is what this run was charged, in USD, without earlier runs; nil if no price is
	// known.
	Cost *generation.USD `json:"cost,omitempty"`

	// Steps are all steps, in the order of the definition.
	Steps []StepStatus `json:"steps"`
}
