package activities

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// foreign tells whether the prediction is certainly another's.
func (s *search) foreign(x sighting) bool {
	if nonce, _ := s.account.memory.owner(x.id); nonce != "" && nonce != s.in.Nonce {
		return true
	}
	return x.charged && s.in.KeyKnown && s.sameKey() && s.account.keys.excludes(x.key) ||
		s.window.before(x.created) ||
		s.otherModel(s.in.Model, x)
}

// otherModel tells whether the prediction is certainly of another model. One that the
// catalogue does not have may be a name of this one, which the provider uses now and then.
// Charges may have other names than the list, so each is compared with its like.
func (s *search) otherModel(model string, x sighting) bool {
	if x.model == "" {
		return s.catalogued[x.billed] && s.account.billed.other(model, x.billed, x.created)
	}
	return s.catalogued[x.model] && s.account.names.other(model, x.model, x.created)
}

// lookUp notes which of the names that are listed are models of the catalogue. Where that
// can't be read, none is.
func (s *search) lookUp(ctx context.Context, r *reading) {
	ctx, cancel := context.WithTimeout(ctx, catalogueTimeout)
	defer cancel()
	for _, x := range slices.Concat(r.list.seen, r.charges.seen) {
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

// free tells whether nothing about the prediction is in doubt but whose it is. Another seed
// than the submit drew is doubt: whoever has its address can have another prediction delivered
// there.
func (s *search) free(x sighting) bool {
	if s.in.Seeded && x.seed != "" && !s.echoed(x) {
		return false
	}
	return s.window.after(x.created) && (x.model == s.in.Model || s.account.names.same(s.in.Model, x.model))
}

// echoed tells whether the prediction repeats the seed that the submit drew.
func (s *search) echoed(x sighting) bool {
	return s.in.Seeded && x.seed == strconv.FormatInt(wire.Seed(s.in.Nonce), 10)
}

// echo is the one prediction that repeats the seed. Somebody may have made another one with
// the same seed, by running ours again.
func (s *search) echo(possible []sighting) (id string, ok bool) {
	for _, x := range possible {
		if !s.echoed(x) {
			continue
		}
		if ok {
			return "", false
		}
		id, ok = x.id, true
	}
	return id, ok
}

// learn takes in what predictions of our own tell about names and keys.
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

// possible are all predictions that may be the submit's: of the list, the charges and the
// webhooks, each with what is known of it from everywhere.
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
