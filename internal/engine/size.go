package engine

import (
	"encoding/json"
	"slices"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
)

// A replay must issue the commands that its history has, also by a version in which our
// records have more fields. So the commands of a run depend on the sizes of what users and
// providers gave, and on fixed amounts for our records. How large a record really is decides
// only how much a result or a page holds.

// userBytes is how many bytes a value has, as JSON, that a user or a provider gave.
func userBytes(value any) int {
	encoded, _ := json.Marshal(value)
	return len(encoded)
}

// padding makes our records larger than they are, for a test that this changes no command.
var padding int

// recordBytes is about how many bytes records of ours have in a history. No command may
// depend on it.
func recordBytes(records any) int {
	encoded, _ := json.Marshal(records)
	return len(encoded) + padding
}

// What records of ours are taken to have beside what users and providers gave.
const (
	statusBytes  = 300
	attemptBytes = 400
	memberBytes  = 200 // a step, an input, or an item
	shapeBytes   = 4000
)

// generationBytes is what generations are taken to have.
func generationBytes(statuses []generation.Status) (bytes int) {
	for _, status := range statuses {
		bytes += statusBytes + attemptBytes*len(status.Attempts)
		for _, output := range status.Outputs {
			bytes += len(output)
		}
	}
	return bytes
}

// itemBytes is what an item is taken to have on its way to a child.
func (s *step) itemBytes(item *item) int {
	return memberBytes + len(item.key) + userBytes(item.value) + userBytes(s.itemInput[item.key]) + generationBytes(s.made.current(item.key))
}

// maxHanded bounds what a child is taken to be handed. It leaves room for what our records
// have more than they are taken to have: Temporal allows 2 MiB.
const maxHanded = 1_500_000

// commonBytes is what each child of the step is taken to be handed beside its items.
func (r *run) commonBytes(s *step) int {
	bytes := memberBytes*(len(r.in.Pipeline.Inputs)+len(r.in.Pipeline.Steps)) + shapeBytes*len(s.Models()) + userBytes(s.Input) + userBytes(s.input)
	for _, fallback := range s.Fallback {
		bytes += userBytes(fallback.Input)
	}
	for i, ref := range s.InputReferences() {
		switch {
		case slices.Contains(s.InputReferences()[:i], ref): // each is handed once
		case ref.Root == plan.RootInputs:
			bytes += userBytes(r.inputs[ref.Name])
		case ref.Root == plan.RootSteps:
			bytes += r.step(ref.Name).valueBytes(ref.Field)
		}
	}
	return bytes
}

// valueBytes is what a field of the step is taken to have in expressions.
func (s *step) valueBytes(field string) int {
	bytes := memberBytes
	if s.Kind() == plan.KindApprove {
		values := make(map[string]any)
		s.addValue(values, field)
		return bytes + userBytes(values[field])
	}
	for _, item := range s.items {
		made := generationBytes(item.generations)
		bytes += made
		if field == plan.FieldItems || field == "" { // both outputs and the first of them
			bytes += memberBytes + len(item.key) + userBytes(item.value) + made
		}
	}
	return bytes
}
