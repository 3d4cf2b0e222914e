package engine

import (
	"fmt"
	"maps"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plaintext"

	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// regenerate has a step made again, and what lies between it and the approval.
func (r *run) regenerate(s *step, d generation.Decision) {
	target := r.step(d.Regenerate)
	redone := []*step{target}
	for _, id := range r.plan.After(target.ID) {
		if r.plan.Before(id, s.ID) {
			redone = append(redone, r.step(id))
		}
	}
	undo := make(map[string]standing)
	for _, other := range redone {
		undo[other.ID] = other.clone()
	}
	if target.Kind() == pipeline.KindForEach && len(d.Items) > 0 {
		target.changeItems(d.Items, d.Input)
	} else {
		target.change(d.Input)
		for _, key := range workflow.DeterministicKeys(target.earlier) {
			target.replace(key)
		}
	}
	for _, other := range append(redone, s) {
		other.again()
	}
	s.undo = undo
}

// restore undoes what an approval had made again, where that failed: people are asked again
// about what was there before, and told why. It is false where there is nothing to undo.
func (r *run) restore(s *step) bool {
	var failed *step
	for _, id := range workflow.DeterministicKeys(s.undo) {
		switch other := r.step(id); other.state {
		case pipeline.StepRejected: // by people, who have the last word
			return false
		case pipeline.StepFailed, pipeline.StepCanceled:
			if failed == nil || r.plan.Before(other.ID, failed.ID) {
				failed = other
			}
		}
	}
	if failed == nil {
		return false
	}
	s.note = fmt.Sprintf("%s was to be made again, and %s: %s", failed.ID, became(failed.state), plaintext.Clip(failed.reason, maxStatusReason))
	for _, id := range workflow.DeterministicKeys(s.undo) {
		r.step(id).restore(s.undo[id])
	}
	s.undo = nil
	return true
}

// restore has the step stand as before. What was made since is kept beside that.
func (s *step) restore(before standing) {
	for _, key := range workflow.DeterministicKeys(s.earlier) {
		before.earlier[key] = supersede(s.earlier[key], before.earlier[key])
	}
	s.standing = before
}

// clone is how the step stands, whatever becomes of it.
func (s standing) clone() standing {
	s.itemInput, s.earlier, s.replaced = maps.Clone(s.itemInput), maps.Clone(s.earlier), maps.Clone(s.replaced)
	return s
}

// change replaces fields of the step's input, also those that single items have of their own.
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

// changeItems replaces fields of the input of single items, and has them made again.
func (s *step) changeItems(items []int, input map[string]any) {
	if s.itemInput == nil {
		s.itemInput = make(map[string]map[string]any)
	}
	for _, i := range items {
		key := s.items[i].key
		s.itemInput[key] = merged(s.itemInput[key], input)
		s.replace(key)
	}
}

// again has the step run again. What it made is kept where it asks for the same.
func (s *step) again() {
	s.state, s.reason, s.errorType = pipeline.StepWaiting, "", ""
	s.started, s.ended = time.Time{}, time.Time{}
	s.undo = nil
	s.round++
}
