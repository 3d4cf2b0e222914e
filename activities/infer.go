package activities

import (
	"slices"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// infer draws conclusions from the charges of a key that only this namespace uses: each belongs
// to a submit of this namespace. If there is only one way to assign charges to submits, the
// remaining charge belongs to this one. Submits of one workflow with the same request may share
// the remaining charges in any order.
func (s *search) infer(now *reading, possible []sighting, told owners) (id string, ok bool) {
	if !s.sameKey() || slices.ContainsFunc(possible, func(x sighting) bool { return x.charged && x.created.IsZero() }) {
		return "", false // without times, a charge may belong to a much earlier submit
	}
	twins := append([]wire.Twin{{Nonce: s.in.Nonce}}, s.in.Twins...)
	ours := s.ownership(now, possible, told).forced(len(twins))
	if len(ours) != len(twins) || s.webhook && !s.heardAll(ours) {
		return "", false
	}
	left := make([]string, 0, len(ours))
	for _, x := range ours {
		left = append(left, x.id)
	}
	// Each of the twins that are left takes the one at its own place, so that searches at
	// the same time take different ones.
	var waiting []string
	for _, twin := range twins {
		if twin.PredictionID == "" {
			waiting = append(waiting, twin.Nonce)
		}
		left = slices.DeleteFunc(left, func(id string) bool { return id == twin.PredictionID })
	}
	slices.Sort(waiting)
	i := slices.Index(waiting, s.in.Nonce)
	if len(left) != len(waiting) || i < 0 || !slices.ContainsFunc(possible, func(x sighting) bool { return x.id == left[i] }) {
		return "", false
	}
	return left[i], true
}

// ownership says which submits may have made which charges of our key. Each charge has one
// submit, and each submit has at most one charge.
type ownership struct {
	charges []sighting
	ours    int   // of the first of them, this submit may have made each
	owners  []may // without this submit and its twins
}

// may says which of the charges a submit may have made.
type may []bool

// ownership excludes charges whose submit is known or inferred, and those whose workflow may
// not have told of it, since they are too new.
func (s *search) ownership(now *reading, possible []sighting, told owners) (o ownership) {
	claimed := make(map[string]bool)
	for _, u := range told.unknown {
		if u.PredictionID != "" {
			claimed[u.PredictionID] = true
		}
	}
	usable := func(x sighting) bool {
		return x.charged && s.account.keys.has(x.key) && !claimed[x.id] && s.covered(told, x)
	}
	for _, x := range possible {
		if usable(x) {
			o.charges = append(o.charges, x)
		}
	}
	o.ours = len(o.charges)
	for _, x := range s.older(now) {
		if usable(x) {
			o.charges = append(o.charges, x)
		}
	}
	for _, u := range told.unknown {
		if u.PredictionID != "" {
			continue
		}
		made := make(may, len(o.charges))
		for i, x := range o.charges {
			made[i] = s.mayHaveMade(u, x)
		}
		o.owners = append(o.owners, made)
	}
	return o
}

// older are charges slightly older than the submit, with unknown submits: all that can have
// made them were asked.
func (s *search) older(now *reading) (older []sighting) {
	since := s.window.opens.Add(-lookback)
	for _, x := range now.charges.seen {
		nonce, _ := s.account.memory.owner(x.id)
		if nonce == "" && s.window.before(x.created) && !x.created.Before(since) {
			older = append(older, x)
		}
	}
	return older
}

// mayHaveMade reports whether the charge may belong to another's submit: it did not exist
// before that submit started, was not made long after the submit expired, and is not for
// another model.
func (s *search) mayHaveMade(u wire.UnknownSubmit, x sighting) bool {
	if windowOf(s.info, u.Began, s.entered, &s.account.offset).before(x.created) || s.otherModel(u.Model, x) {
		return false
	}
	if !u.Ended.IsZero() && windowOf(s.info, u.Ended.Add(uncalibrated), s.entered, &s.account.offset).after(x.created) {
		return false
	}
	began := s.info.StartedTime.Sub(u.Began) + s.account.seen.now().Sub(s.entered) + s.info.StartToCloseTimeout + drift
	return s.account.seen.since(x.id) < began
}

// forced are the charges that this submit or its twins made in every possible assignment. There
// are none if no assignment exists: then the key is not exclusive.
func (o ownership) forced(twins int) (forced []sighting) {
	group := make([]may, twins)
	for i := range group {
		group[i] = make(may, len(o.charges))
		for c := range o.charges {
			group[i][c] = i > 0 || c < o.ours // of twins it is not known when they began
		}
	}
	if !assignable(len(o.charges), slices.Concat(group, o.owners)) {
		return nil
	}
	for c, x := range o.charges {
		for _, made := range group {
			made[c] = false
		}
		if !assignable(len(o.charges), slices.Concat(group, o.owners)) {
			forced = append(forced, x)
		}
		for i, made := range group {
			made[c] = i > 0 || c < o.ours
		}
	}
	return forced
}

// assignable reports whether each charge can be assigned a different submit.
func assignable(charges int, owners []may) bool {
	given := make([]int, len(owners)) // charge by submit, from 1; 0 for none
	for c := range charges {
		if !give(c, owners, given, make([]bool, len(owners))) {
			return false
		}
	}
	return true
}

// give assigns a submit to the charge, reassigning another charge's submit if necessary.
func give(charge int, owners []may, given []int, tried []bool) bool {
	for i, made := range owners {
		if !made[charge] || tried[i] {
			continue
		}
		tried[i] = true
		if given[i] == 0 || give(given[i]-1, owners, given, tried) {
			given[i] = charge + 1
			return true
		}
	}
	return false
}
