// Package runwire defines what pipeline runs exchange with their activities, their children and
// each other. It is internal, but versions of this project must read what others have written.
package runwire

import (
	"fmt"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plaintext"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/shape"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// Report is the result of a check before the run.
type Report struct {
	Problems pipeline.Problems  `json:"problems,omitempty"`
	Estimate *pipeline.Estimate `json:"estimate,omitempty"`

	// Fields are the names of the fields in steps' model inputs, by step.
	Fields map[string][]string `json:"fields,omitempty"`

	// Shapes describe, by model, the fields that expressions set: the run checks those values
	// before it submits them. A report without shapes comes from an older version.
	Shapes map[string]*shape.Shape `json:"shapes,omitempty"`

	// Unanswered are requests that the provider did not answer. What they were for was not
	// checked.
	Unanswered []pipeline.Unanswered `json:"unanswered,omitempty"`
}

// RecallInput is the argument of the activity [RecallName].
type RecallInput struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
	Cursor     Cursor `json:"cursor"`
}

// MaxRunBytes limits a [Request] as JSON. Temporal accepts 2 MiB.
const MaxRunBytes = 1_900_000

// TooLarge is the problem of a run that exceeds [MaxRunBytes].
func TooLarge(bytes int) pipeline.Problem {
	return pipeline.Problem{Message: fmt.Sprintf("the run's argument has %d bytes, more than %d; pass files as URLs", bytes, MaxRunBytes)}
}

// The endpoints that a check uses.
const (
	EndpointModels  = "models"
	EndpointPrice   = "price"
	EndpointBalance = "balance"
	EndpointCharges = "charges"
)

// Upper returns the upper end of an estimate, of a run or of a step, and whether it is known.
func Upper(total generation.USD, most *generation.USD, atLeast bool) (generation.USD, bool) {
	if most != nil {
		total = *most
	}
	return total, !atLeast
}

const (
	maxProblems     = 100
	maxProblemBytes = 4 << 10 // of one
)

// Bounded returns the first problems, as many as a workflow's history should hold, and says
// that there are more.
func Bounded(problems pipeline.Problems) pipeline.Problems {
	var bounded pipeline.Problems
	for i, problem := range problems {
		if i == maxProblems {
			return append(bounded, pipeline.Problem{Message: fmt.Sprintf("and %d more", len(problems)-i)})
		}
		if text := problem.String(); len(text) > maxProblemBytes {
			problem = pipeline.Problem{Message: plaintext.Clip(text, maxProblemBytes)}
		}
		bounded = append(bounded, problem)
	}
	return bounded
}
