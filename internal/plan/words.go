package plan

import (
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// The types of inputs.
const (
	TypeString  = "string"
	TypeInteger = "integer"
	TypeNumber  = "number"
	TypeBoolean = "boolean"
	TypeArray   = "array"
	TypeObject  = "object"
	TypeFile    = "file"
)

// What happens when a submit would exceed the budget.
const (
	OnExceededWait = "wait"
	OnExceededFail = "fail"
)

// MaxItems is the maximum number of items of a step. With more, a run that resumes it would not
// fit into the 50 MiB of history that Temporal allows.
const MaxItems = 20_000

// Tolerated returns how many of n items may fail.
func Tolerated(t pipeline.Tolerance, n int) int {
	if t.Percent > 0 {
		return int(t.Percent * float64(n) / 100)
	}
	return t.Items
}

// Names returns the names in order.
func Names[T any](of pipeline.Named[T]) []string {
	names := make([]string, len(of))
	for i, entry := range of {
		names[i] = entry.Name
	}
	return names
}

// The kinds of steps.
const (
	KindGenerate = "generate"
	KindForEach  = "for_each"
	KindApprove  = "approve"
)

// Kind returns the kind of the step.
func (s *PlannedStep) Kind() string {
	switch {
	case s.Approve != nil:
		return KindApprove
	case s.ForEach != nil:
		return KindForEach
	default:
		return KindGenerate
	}
}

// Models returns the step's model and its fallbacks.
func (s *PlannedStep) Models() []string {
	if s.Model == "" {
		return nil
	}
	models := []string{s.Model}
	for _, fallback := range s.Fallback {
		models = append(models, fallback.Model)
	}
	return models
}
