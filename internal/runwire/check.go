// Package runwire is what runs of pipelines exchange with their activities, their children and
// each other. Users see none of it; versions of this project must read what others have written.
package runwire

import (
	"fmt"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/shape"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// Report is what a check before the run finds.
type Report struct {
	Problems pipeline.Problems  `json:"problems,omitempty"`
	Estimate *pipeline.Estimate `json:"estimate,omitempty"`

	// Fields are the names that the inputs of steps' models may have, by step.
	Fields map[string][]string `json:"fields,omitempty"`

	// Shapes are what models take in the fields that expressions decide, by model: the run
	// checks those values before it submits them. A report without is one of an older version.
	Shapes map[string]*shape.Shape `json:"shapes,omitempty"`

	// Unanswered are questions that the provider did not answer, and so what was not checked.
	Unanswered []pipeline.Unanswered `json:"unanswered,omitempty"`
}

// RecallInput is the argument of the activity [RecallName].
type RecallInput struct {
	WorkflowID string          `json:"workflow_id"`
	RunID      string          `json:"run_id"`
	Cursor     pipeline.Cursor `json:"cursor"`
}

// MaxRunBytes bounds a [Request] as JSON. Temporal takes 2 MiB.
const MaxRunBytes = 1_900_000

// TooLarge is the problem of a run of more bytes than [MaxRunBytes].
func TooLarge(bytes int) pipeline.Problem {
	return pipeline.Problem{Message: fmt.Sprintf("the run's argument has %d bytes, more than %d; give files by their addresses", bytes, MaxRunBytes)}
}

// The endpoints that a check asks.
const (
	EndpointModels  = "models"
	EndpointPrice   = "price"
	EndpointBalance = "balance"
	EndpointCharges = "charges"
)
