package quota

import "time"

const (
	// firstSlots is what learning begins with.
	firstSlots = 2

	// probeAfter is how long nothing was refused before more is tried.
	probeAfter = 10 * time.Minute
)

// Auto learns the limits that are not given: it gives a quarter more slots, and 2 at least, each
// time the provider has accepted all, and stays at what was accepted once it refuses. From time
// to time it tries a tenth more, since accounts grow.
type Auto struct {
	Limits Limits    `json:"limits,omitempty"`
	At     time.Time `json:"at,omitzero"` // of the latest refusal or trial; zero while none was refused
}

// Learn begins to learn, or goes on.
func (k *Keeper) Learn() {
	k.Learns = true
	if k.Learned == nil {
		k.Learned = &Auto{Limits: Limits{Running: firstSlots}}
	}
}

// refuse takes a refusal while so many ran, or were started within the minute.
func (a *Auto) refuse(now time.Time, p Pool, running, recent int) {
	a.At = now
	if p == "" || p == Running {
		a.Limits[Running] = max(min(a.Limits[Running], running), 1)
		return
	}
	a.Limits[p] = max(recent, 1)
}

// raise gives more once all is used and nothing was refused.
func (a *Auto) raise(now time.Time, k *Keeper) {
	if now.Before(k.Blocked) {
		return
	}
	due := !a.At.IsZero() && now.Sub(a.At) >= probeAfter
	for _, p := range Minutely {
		if limit, learned := a.Limits[p]; learned && due && k.Used(p, now) >= limit {
			a.Limits[p] += max(limit/10, 1)
			a.At = now
		}
	}
	switch limit := a.Limits[Running]; {
	case !k.learnsSlots() || k.Used(Running, now)+k.Others()-len(k.Orphans) < limit:
	case a.At.IsZero():
		a.Limits[Running] += max(limit/4, 2)
	case due:
		a.Limits[Running] += max(limit/10, 1)
		a.At = now
	}
}

// learnsSlots reports whether the number of slots is learned, so that runs have to tell when they
// use all.
func (k *Keeper) learnsSlots() bool {
	_, given := k.Limits.Of(Running)
	return k.Learns && !given
}
