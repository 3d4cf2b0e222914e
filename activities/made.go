package activities

import (
	"slices"
	"sync"
	"time"
)

// made are the latest predictions that this process has submitted successfully. They show
// whether a reading is reliable.
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

	// apart is how much earlier than reported in its response a prediction may be listed or
	// charged. A search's window starts that much earlier.
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

// fault explains why a reading is unreliable; "" if nothing contradicts it. After the settle
// time, it must contain all our predictions in its range, and not show them as older than they
// are.
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
