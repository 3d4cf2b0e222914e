package wavespeedtest

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/reply"
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
func (s *Server) chosenByOther(a *account, b *Behavior) (*model, json.RawMessage) {
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
		return m, m.schema.example(a.others)
	}
	if b.OthersInputs == InputsSuperset {
		return m, m.schema.superset(last.entry.Input)
	}
	return m, last.entry.Input
}

// example returns an input with all required fields, different for each number.
func (s schema) example(number int) json.RawMessage {
	in := input{}
	for _, name := range append([]string{"prompt"}, s.Required...) {
		p := s.Properties[name]
		switch {
		case !s.knows(name):
		case p.Default != nil:
			in[name] = p.Default
		case len(p.Enum) > 0:
			in[name] = p.Enum[0]
		case p.Type == "array":
			in[name] = []string{fmt.Sprintf("https://example.com/%d.png", number)}
		case p.numeric():
			in[name] = 1
		case p.Type == "boolean":
			in[name] = false
		case name == "prompt" || name == "text":
			in[name] = fmt.Sprintf("a picture for somebody else, number %d", number)
		default:
			in[name] = fmt.Sprintf("https://example.com/%d.png", number)
		}
	}
	return reply.Encode(in)
}

// superset returns the input with one additional field, if the schema allows one.
func (s schema) superset(raw json.RawMessage) json.RawMessage {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return raw
	}
	before := len(fields)
	for _, name := range s.order() {
		if s.Properties[name].Default != nil && len(fields) == before {
			if _, given := fields[name]; !given {
				fields[name] = reply.Encode(s.Properties[name].Default)
			}
		}
	}
	return reply.Encode(fields)
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
