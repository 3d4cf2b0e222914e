package quota

import (
	"slices"
	"time"
)

// Ticket is one submit's claim to a slot, from when it waits until its prediction has ended.
type Ticket struct {
	// Ready is set once it has a slot, and Ungated if it got it without the keeper.
	Ready, Ungated bool

	tenant       *Tenant
	kind         Kind
	began        time.Time
	answered     bool   // the submit is no longer under way
	predictionID string // "" while it isn't known
}

// Made notes that the provider has the submit, or may have it.
func (k *Ticket) Made(now time.Time, predictionID string) {
	k.predictionID = predictionID
	if k.answered {
		return
	}
	k.answered = true
	k.tenant.report.Made++
	k.tenant.pulse++
	k.tenant.report.Recent.Add(now, k.kind)
}

// Unused ends a claim without a prediction.
func (k *Ticket) Unused() {
	if k.Ready && !k.answered {
		k.tenant.turn = max(k.tenant.turn-1, 0)
	}
	k.end()
}

// Refused ends the claim of a submit that the account's limits did not allow. The lease is too
// large then; the keeper sends another one.
func (k *Ticket) Refused(pool Pool, retryAt time.Time) {
	t := k.tenant
	t.report.Refused++
	t.report.Pool, t.report.RetryAt = pool, retryAt
	t.blocked = retryAt
	k.Unused()
	if t.granted.Slots == NoLimit || t.granted.Slots > len(t.holders) {
		t.granted.Slots = len(t.holders)
	}
}

// Ended ends the claim with its prediction.
func (k *Ticket) Ended(now time.Time) {
	k.tenant.report.Ended++
	k.tenant.report.Took += now.Sub(k.began)
	k.end()
}

// Abandoned ends the claim of a prediction that may run on. Its slot is the keeper's, which counts
// it until the provider says that it has ended.
func (k *Ticket) Abandoned() {
	t := k.tenant
	if k.predictionID != "" {
		t.report.Abandoned = append(t.report.Abandoned, k.predictionID)
	}
	if k.Ready && k.predictionID != "" && t.granted.Slots > 0 {
		t.granted.Slots--
	}
	k.end()
}

func (k *Ticket) end() {
	is := func(other *Ticket) bool { return other == k }
	k.tenant.queue = slices.DeleteFunc(k.tenant.queue, is)
	k.tenant.holders = slices.DeleteFunc(k.tenant.holders, is)
}
