package quota

import "time"

const (
	// firstSlots is what learning begins with.
	firstSlots = 2

	// probeAfter is how long nothing was refused before one more is tried.
	probeAfter = 10 * time.Minute
)

// Auto learns the limits that are not given: it gives a quarter more slots, and 2 at least, each
// time the provider has accepted all, and stays at what was accepted once it refuses.
type Auto struct {
	Limits  Limits    `json:"limits,omitempty"`
	Learned time.Time `json:"learned,omitzero"` // when the last was refused; zero while none was
}

// NewAuto begins to learn.
func NewAuto() *Auto { return &Auto{Limits: Limits{Running: firstSlots}} }

// refuse takes a refusal while so many ran, or were started within the minute.
func (a *Auto) refuse(now time.Time, p Pool, running, recent int) {
	a.Learned = now
	if p == "" || p == Running {
		a.Limits[Running] = max(min(a.Limits[Running], running), 1)
		return
	}
	a.Limits[p] = max(recent, 1)
}

// raise gives more slots once all are used and none was refused.
func (a *Auto) raise(now time.Time, k *Keeper) {
	if _, given := k.Limits.Of(Running); given || k.running() < a.Limits[Running] || now.Before(k.Blocked) {
		return
	}
	switch {
	case a.Learned.IsZero():
		a.Limits[Running] += max(a.Limits[Running]/4, 2)
	case now.Sub(a.Learned) >= probeAfter:
		a.Limits[Running] += max(a.Limits[Running]/10, 1)
		a.Learned = now
	}
}

// learns reports whether the number of slots is still being learned, so that runs have to tell
// when they use all.
func (k *Keeper) learns() bool {
	_, given := k.Limits.Of(Running)
	return k.Auto != nil && k.Auto.Learned.IsZero() && !given
}
