package activities

import (
	"slices"
	"strconv"
	"sync"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// echoes are the predictions that lists have shown with the seeds that searches look for. On a busy
// account the list grows while it is read, so a reading that could not be finished may have shown
// what the next one doesn't reach.
type echoes struct {
	mu   sync.Mutex
	seen map[string][]sighting // by seed that is looked for
}

const (
	// maxEchoes limits how many seeds are looked for. With more, all begin anew.
	maxEchoes = 10_000

	// maxCopies limits how many predictions with one seed are kept.
	maxCopies = 10
)

// want looks for a seed; "" is none.
func (e *echoes) want(seed string) {
	if seed == "" {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.seen == nil || len(e.seen) >= maxEchoes {
		e.seen = make(map[string][]sighting)
	}
	if _, wanted := e.seen[seed]; !wanted {
		e.seen[seed] = nil
	}
}

func (e *echoes) note(listed provider.Prediction) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.seen) == 0 {
		return
	}
	x := sight(listed)
	with, wanted := e.seen[x.seed]
	known := slices.ContainsFunc(with, func(other sighting) bool { return other.id == x.id })
	if wanted && !known && len(with) < maxCopies {
		e.seen[x.seed] = append(with, x)
	}
}

func (e *echoes) of(seed string) []sighting {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.seen[seed])
}

// drawn is the seed that the submit drew; "" if its input had one.
func (s *search) drawn() string {
	if !s.in.Seeded {
		return ""
	}
	return strconv.FormatInt(wire.Seed(s.in.Nonce), 10)
}

// remembered is the submit's own prediction, if lists have shown its seed: the only one with it that
// may have been made while the submit was under way. With a copy as early, nothing is certain.
func (s *search) remembered() (own sighting, ok bool) {
	for _, x := range s.account.echoes.of(s.drawn()) {
		if !s.inTime(x) || s.foreign(x) {
			continue
		}
		if ok {
			return sighting{}, false
		}
		own, ok = x, true
	}
	return own, ok
}
