package wavespeedtest

import (
	"bytes"
	"maps"
	"slices"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/luck"
)

// subject is what a fault is decided for.
type subject struct {
	account string
	model   string
	input   []byte
}

// rule is a fault with what it has seen.
type rule struct {
	Fault
	number uint64 // in order of injection
	seen   int    // matching subjects
	hits   int
}

// rules decide which faults happen. The caller holds the lock.
type rules struct {
	seed   uint64
	serial uint64
	active []*rule
}

func (r *rules) add(faults []Fault) {
	for _, f := range faults {
		r.serial++
		r.active = append(r.active, &rule{Fault: f, number: r.serial})
	}
}

// decide returns the faults that hit the subject: at most one of each kind, the first injected.
func (r *rules) decide(scope scope, s subject) map[Kind]Fault {
	var hits map[Kind]Fault
	for _, rule := range r.active {
		if scopes[rule.Kind] != scope || !rule.matches(s) {
			continue
		}
		rule.seen++
		if _, already := hits[rule.Kind]; already || !r.strikes(rule) {
			continue
		}
		rule.hits++
		if hits == nil {
			hits = map[Kind]Fault{}
		}
		hits[rule.Kind] = rule.Fault
	}
	return hits
}

func (r *rule) matches(s subject) bool {
	return (r.Account == "" || r.Account == s.account) &&
		(r.Model == "" || r.Model == s.model) &&
		(r.Input == "" || bytes.Contains(s.input, []byte(r.Input)))
}

func (r *rules) strikes(rule *rule) bool {
	if rule.seen < rule.Nth || rule.Times > 0 && rule.hits >= rule.Times {
		return false
	}
	return rule.Probability == 0 || luck.Chance(r.seed, rule.number, uint64(rule.seen)) < rule.Probability
}

// remove deletes the rules of these kinds; all, if none is named.
func (r *rules) remove(kinds []Kind) {
	r.active = slices.DeleteFunc(r.active, func(rule *rule) bool {
		return len(kinds) == 0 || slices.Contains(kinds, rule.Kind)
	})
}

// faults returns the rules as they were injected.
func (r *rules) faults() []Fault {
	faults := make([]Fault, 0, len(r.active))
	for _, rule := range r.active {
		faults = append(faults, rule.Fault)
	}
	return faults
}

func sortedKinds(faults map[Kind]Fault) []Kind { return slices.Sorted(maps.Keys(faults)) }
