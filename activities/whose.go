package activities

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
)

// foreign reports whether the prediction certainly belongs to another.
func (s *search) foreign(x sighting) bool {
	if nonce, _ := s.account.memory.owner(x.id); nonce != "" && nonce != s.in.Nonce {
		return true
	}
	return x.charged && s.in.KeyKnown && s.keyDiffers(x.key) ||
		s.window.before(x.created) ||
		s.otherModel(s.in.Model, x)
}

// keyDiffers reports whether the key that was charged is certainly not the one that the submit
// used, which is known.
func (s *search) keyDiffers(key provider.AccessKey) bool {
	if s.sameKey() {
		return s.account.keys.excludes(key)
	}
	return s.account.keys.has(key)
}

// otherModel reports whether the prediction certainly has another model. A name that isn't in
// the catalogue may be an alias of this model. Charges may use different names than the list,
// so each is compared with its own kind.
func (s *search) otherModel(model string, x sighting) bool {
	if x.model == "" {
		return s.catalogued[x.billed] && s.account.billed.other(model, x.billed, x.created)
	}
	return s.catalogued[x.model] && s.account.names.other(model, x.model, x.created)
}

// lookUp records which names are models in the catalogue. If that can't be read, none is.
func (s *search) lookUp(ctx context.Context, r *reading, delivered []delivery) {
	ctx, cancel := context.WithTimeout(ctx, catalogueTimeout)
	defer cancel()
	seen := slices.Concat(r.list.seen, r.charges.seen)
	for _, d := range delivered {
		seen = append(seen, d.sighting)
	}
	for _, x := range seen {
		name := cmp.Or(x.model, x.billed)
		if _, known := s.catalogued[name]; known || name == "" || name == s.in.Model {
			continue
		}
		model, err := s.account.Catalogue.Model(ctx, name)
		if err != nil {
			return
		}
		s.catalogued[name] = model != nil
	}
}

// named reports whether the prediction has the model's name, or one that may be its alias.
func (s *search) named(x sighting) bool {
	another, known := s.catalogued[x.model]
	return x.model == s.in.Model || known && !another
}

// free reports whether nothing about the prediction is in doubt except its owner. A seed that
// the submit didn't draw is doubt: anyone who has its address can have another prediction
// delivered there.
func (s *search) free(x sighting) bool {
	if s.in.Seeded && x.seed != "" && !s.echoed(x) {
		return false
	}
	return s.window.after(x.created) && (x.model == s.in.Model || s.account.names.same(s.in.Model, x.model))
}

// echoed reports whether the prediction repeats the seed that the submit drew.
func (s *search) echoed(x sighting) bool {
	return s.in.Seeded && x.seed == s.drawn()
}

// echo is the only prediction that repeats the seed. Somebody may have made another with the
// same seed by re-running ours.
func (s *search) echo(possible []sighting) (echo sighting, ok bool) {
	for _, x := range possible {
		if !s.echoed(x) {
			continue
		}
		if ok {
			return sighting{}, false
		}
		echo, ok = x, true
	}
	return echo, ok
}

// isTheFirst tells whether the submit's own prediction is not missing from a list that is too
// long to be read whole, and longer each time: this one was made while the submit was under way,
// and another with its seed can only have been made afterwards.
func (s *search) isTheFirst(now *reading, x sighting) bool {
	return errors.Is(now.list.err, errTooMany) && s.inTime(x)
}

// inTime tells whether the prediction was made while the submit was under way, or may have been.
func (s *search) inTime(x sighting) bool {
	earliest, _ := s.window.around(x.created)
	return !x.created.IsZero() && !earliest.After(s.in.Ended)
}

// learn learns names and keys from our own predictions.
func (s *search) learn(r *reading) {
	for _, witness := range []witness{r.list, r.charges} {
		for _, x := range witness.seen {
			model, ok := s.account.memory.teacher(x.id)
			if !ok {
				continue
			}
			s.account.names.learn(model, x.model, x.created)
			s.account.billed.learn(model, x.billed, x.created)
			if x.charged && s.account.memory.madeWith(x.id, s.account.apiKey()) {
				s.account.keys.learn(x.key)
			}
		}
	}
}

// possible returns all predictions that may belong to the submit, from the list, the charges
// and the webhooks, each with everything known about it.
func (s *search) possible(r *reading, delivered []delivery) []sighting {
	merged := make(map[string]sighting)
	for _, seen := range [][]sighting{r.charges.seen, r.list.seen} {
		for _, x := range seen {
			merged[x.id] = merge(merged[x.id], x)
		}
	}
	for _, d := range delivered {
		merged[d.id] = merge(merged[d.id], d.sighting)
	}
	var possible []sighting
	for _, x := range merged {
		if !s.foreign(x) {
			possible = append(possible, x)
		}
	}
	slices.SortFunc(possible, func(a, b sighting) int { return strings.Compare(a.id, b.id) })
	for _, x := range possible {
		s.account.seen.since(x.id)
	}
	return possible
}

// merge adds what another witness tells of the same prediction. What the list says of it
// is about the prediction, what the charges say about the charge.
func merge(a, b sighting) sighting {
	if a.id == "" {
		return b
	}
	if b.charged {
		a.charged, a.key, a.billed = true, b.key, b.billed
		return a
	}
	if b.model == "" {
		b.model = a.model
	}
	if b.seed == "" {
		b.seed = a.seed
	}
	b.ended = a.ended || b.ended
	b.charged, b.key, b.billed = a.charged, a.key, a.billed
	return b
}
