package activities

import (
	"slices"
	"sync"
	"time"
)

// made are the latest predictions that this process has submitted and was told of. What a
// reading says of them tells whether it can be believed about others.
type made struct {
	mu     sync.Mutex
	latest []own
}

type own struct {
	id       string
	created  time.Time // by the provider's clock, as its answer told
	received time.Time // by this process's clock
}

const (
	maxMade = 1000

	// apart is how much earlier than its answer told a prediction may be listed or charged.
	// A search's window opens that much early.
	apart = time.Minute
)

func (m *made) add(id string, created, received time.Time) {
	if created.IsZero() {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.latest = append(m.latest, own{id, created, received})
	m.latest = m.latest[max(0, len(m.latest)-maxMade):]
}

// fault says why a reading can't be believed; "" if nothing speaks against it. After the
// settle time all that it goes back to must be in it, and not be told of as older than it is.
func (m *made) fault(r *reading, settle time.Duration) string {
	m.mu.Lock()
	latest := slices.Clone(m.latest)
	m.mu.Unlock()
	seen := make(map[string]bool)
	earliest := make(map[string]time.Time)
	for _, x := range slices.Concat(r.list.seen, r.charges.seen) {
		seen[x.id] = true
		if first, ok := earliest[x.id]; !x.created.IsZero() && (!ok || x.created.Before(first)) {
			earliest[x.id] = x.created
		}
	}
	for _, o := range latest {
		told, timed := earliest[o.id]
		switch {
		case timed && told.Before(o.created.Add(-apart)):
			return "the list or the charges tell other times than the answers to submits"
		case !seen[o.id] && r.began.Sub(o.received) >= settle && !o.created.Before(r.since):
			return "the list and the charges leave out a prediction that was surely made"
		}
	}
	return ""
}
