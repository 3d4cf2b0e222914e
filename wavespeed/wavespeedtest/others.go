package wavespeedtest

import (
	"encoding/json"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/catalogue"
)

// MakeOther makes a prediction by somebody else who uses the account, as configured by
// [Behavior.OthersModels] and the following fields. It returns the prediction's id; "" if there
// is no such account.
func (s *Server) MakeOther(account string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.account(account)
	if a == nil {
		return ""
	}
	return s.submitByOther(a).id
}

// submitByOther is called with the lock held.
func (s *Server) submitByOther(a *account) *prediction {
	b := s.behavior.Load()
	a.others++
	m, raw := s.chosenByOther(a, b)
	submit := submission{raw: raw, input: s.taken(m, raw), at: time.Now(), other: true}
	return s.accept(caller{a, a.keyOfOthers(b.OthersKey)}, m, submit)
}

// chosenByOther returns a model and an input. The caller holds the lock.
func (s *Server) chosenByOther(a *account, b *Behavior) (*catalogue.Model, json.RawMessage) {
	last := a.own
	m := s.models[0]
	if last != nil {
		m = last.model
	}
	if names := b.OthersModels; len(names) > 0 {
		if chosen := s.modelBy[names[a.others%len(names)]]; chosen != nil {
			m = chosen
		}
	}
	if last == nil || b.OthersInputs == InputsDifferent {
		return m, m.Schema.Example(a.others)
	}
	if b.OthersInputs == InputsSuperset {
		return m, m.Schema.Superset(last.entry.Input)
	}
	return m, last.entry.Input
}

// visit lets other people begin, unless they have. It must be called without the lock.
func (s *Server) visit() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.visited || s.schedule == nil || s.behavior.Load().OthersPerMinute == 0 {
		return
	}
	s.visited = true
	s.nextVisit(s.round)
}

// nextVisit is called with the lock held.
func (s *Server) nextVisit(round int) {
	wait := time.Duration(float64(time.Minute) / s.behavior.Load().OthersPerMinute)
	s.schedule.After(wait, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		switch {
		case s.round != round: // a reset came in between
		case s.behavior.Load().OthersPerMinute == 0:
			s.visited = false
		default:
			for _, a := range s.accounts {
				s.submitByOther(a)
			}
			s.nextVisit(round)
		}
	})
}
