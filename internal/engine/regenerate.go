package engine

import (
	"fmt"
	"maps"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plaintext"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// regenerate runs a step again, and the steps between it and the approval.
func (r *run) regenerate(s *step, d generation.Decision) {
	r.rounds++
	target := r.step(d.Regenerate)
	redone := []*step{target}
	for _, id := range r.plan.After(target.ID) {
		if r.plan.Before(id, s.ID) {
			redone = append(redone, r.step(id))
		}
	}
	s.undo = &undo{round: r.rounds, stood: make(map[string]standing)}
	for _, other := range redone {
		s.undo.stood[other.ID] = other.clone()
	}
	if target.Kind() == plan.KindForEach && len(d.Items) > 0 {
		target.changeItems(d.Items, d.Input, r.rounds)
	} else {
		target.change(d.Input)
		for _, key := range target.made.keys() {
			target.made.replace(key, r.rounds)
		}
	}
	for _, other := range redone {
		other.again()
		other.undo, other.round = nil, r.rounds
	}
	s.again()
}

// undo is what is needed to undo a regeneration.
type undo struct {
	round int
	stood map[string]standing // how the steps stood that were regenerated
}

// restore undoes a failed regeneration: people are asked again about the previous outputs, with
// a note on why. It is false if there is nothing to undo.
func (r *run) restore(s *step) bool {
	if s.undo == nil {
		return false
	}
	var failed *step
	for _, id := range workflow.DeterministicKeys(s.undo.stood) {
		switch other := r.step(id); other.state {
		case pipeline.StateRejected: // by people, who have the last word
			return false
		case pipeline.StateFailed, pipeline.StateCanceled:
			if failed == nil || r.plan.Before(other.ID, failed.ID) {
				failed = other
			}
		}
	}
	if failed == nil {
		return false
	}
	s.note = fmt.Sprintf("%s was to be regenerated, and %s: %s", failed.ID, became(failed.state), plaintext.Clip(failed.reason, maxStatusReason))
	for _, id := range workflow.DeterministicKeys(s.undo.stood) {
		other := r.step(id)
		other.standing = s.undo.stood[id]
		other.made.undo(s.undo.round)
	}
	s.undo = nil
	return true
}

// clone returns an independent copy of the step's state.
func (s standing) clone() standing {
	s.itemInput = maps.Clone(s.itemInput)
	return s
}

// change replaces fields of the step's input, including those that single items have of their
// own.
func (s *step) change(input map[string]any) {
	s.input = merged(s.input, input)
	for _, key := range workflow.DeterministicKeys(s.itemInput) {
		own := maps.Clone(s.itemInput[key])
		for _, name := range workflow.DeterministicKeys(input) {
			delete(own, name)
		}
		s.itemInput[key] = own
	}
}

// changeItems replaces fields of the input of single items, and regenerates them.
func (s *step) changeItems(items []int, input map[string]any, round int) {
	if s.itemInput == nil {
		s.itemInput = make(map[string]map[string]any)
	}
	for _, i := range items {
		key := s.items[i].key
		s.itemInput[key] = merged(s.itemInput[key], input)
		s.made.replace(key, round)
	}
}

// again runs the step again. It keeps results whose request stays the same.
func (s *step) again() {
	s.state, s.reason, s.errorType = pipeline.StateWaiting, "", ""
	s.started, s.ended = time.Time{}, time.Time{}
}
