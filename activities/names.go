package activities

import (
	"sync"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
)

// names are the names under which models were listed, as seen on our own predictions.
type names struct {
	now func() time.Time

	mu     sync.Mutex
	listed map[[2]string]listing // by model and listed name
}

type listing struct {
	seen     time.Time // last, by this process's clock
	youngest time.Time // when the youngest was created, by the provider's clock
}

func (n *names) learn(model, listed string, created time.Time) {
	if model == "" || listed == "" {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.listed == nil {
		n.listed = make(map[[2]string]listing)
	}
	l := n.listed[[2]string{model, listed}]
	l.seen = n.now()
	if created.After(l.youngest) {
		l.youngest = created
	}
	n.listed[[2]string{model, listed}] = l
}

// same reports whether a prediction of the model was listed under the name within the last
// hour.
func (n *names) same(model, listed string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	l, ok := n.listed[[2]string{model, listed}]
	return ok && n.now().Sub(l.seen) < learnedFor
}

// other reports whether a prediction listed under the name certainly has another model: a
// younger one of ours was just listed under its own name, and none under another. An older one
// proves nothing, because the model may have been renamed in between.
func (n *names) other(model, listed string, created time.Time) bool {
	return listed != "" && listed != model && !created.IsZero() && n.same(model, model) && !n.several(model) &&
		n.youngest(model).After(created)
}

// several reports whether a prediction of the model was listed under a different name within
// the last hour.
func (n *names) several(model string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	for name, l := range n.listed {
		if name[0] == model && name[1] != model && n.now().Sub(l.seen) < learnedFor {
			return true
		}
	}
	return false
}

// youngest is when our last prediction that was listed under its model's own name was created.
func (n *names) youngest(model string) time.Time {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.listed[[2]string{model, model}].youngest
}

// keys are the access keys that our predictions were charged to.
type keys struct {
	mu   sync.Mutex
	ours []provider.AccessKey
}

func (k *keys) learn(key provider.AccessKey) {
	if same, _ := key.Compare(key); !same {
		return // only a name, which proves nothing
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, known := range k.ours {
		if same, _ := known.Compare(key); same {
			return
		}
	}
	k.ours = append(k.ours, key)
}

// known reports whether any of our keys is known.
func (k *keys) known() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.ours) > 0
}

// has reports whether the key is certainly ours.
func (k *keys) has(key provider.AccessKey) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, known := range k.ours {
		if same, _ := known.Compare(key); same {
			return true
		}
	}
	return false
}

// excludes reports whether the key is certainly not ours.
func (k *keys) excludes(key provider.AccessKey) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, known := range k.ours {
		if _, different := known.Compare(key); !different {
			return false
		}
	}
	return len(k.ours) > 0
}

// sightings record when something was first seen of predictions.
type sightings struct {
	now func() time.Time

	mu   sync.Mutex
	seen map[string]time.Time
}

const maxSightings = 10_000

// first returns when something was first seen of the prediction; now if it wasn't.
func (s *sightings) first(id string) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	first, ok := s.seen[id]
	if !ok {
		if s.seen == nil || len(s.seen) >= maxSightings {
			s.seen = make(map[string]time.Time)
		}
		first = s.now()
		s.seen[id] = first
	}
	return first
}

// since returns how long ago that was.
func (s *sightings) since(id string) time.Duration { return s.now().Sub(s.first(id)) }
