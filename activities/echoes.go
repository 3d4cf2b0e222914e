package activities

import (
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
	seen map[string]sighting // by seed that is looked for; without an id until it is seen
}

// maxEchoes limits how many seeds are looked for. With more, all begin anew.
const maxEchoes = 10_000

// want looks for a seed; "" is none.
func (e *echoes) want(seed string) {
	if seed == "" {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.seen == nil || len(e.seen) >= maxEchoes {
		e.seen = make(map[string]sighting)
	}
	if _, wanted := e.seen[seed]; !wanted {
		e.seen[seed] = sighting{}
	}
}

// note keeps the first prediction with a seed. One that was made later is somebody's copy of it.
func (e *echoes) note(listed provider.Prediction) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.seen) == 0 {
		return
	}
	x := sight(listed)
	first, wanted := e.seen[x.seed]
	if wanted && !x.created.IsZero() && (first.id == "" || x.created.Before(first.created)) {
		e.seen[x.seed] = x
	}
}

func (e *echoes) of(seed string) (x sighting, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	x = e.seen[seed]
	return x, x.id != ""
}

// drawn is the seed that the submit drew; "" if its input had one.
func (s *search) drawn() string {
	if !s.in.Seeded {
		return ""
	}
	return strconv.FormatInt(wire.Seed(s.in.Nonce), 10)
}

// remembered is the submit's own prediction, if a list has shown its seed that can't be read whole.
func (s *search) remembered() (x sighting, ok bool) {
	x, ok = s.account.echoes.of(s.drawn())
	return x, ok && s.inTime(x) && !s.foreign(x)
}
