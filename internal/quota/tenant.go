package quota

import (
	"slices"
	"time"
)

// Tenant is a run's side of an account: what it has leased, and the submits that use it in their
// order. Whatever changes, call [Tenant.Serve], and then send what [Tenant.Report] returns.
type Tenant struct {
	granted Lease
	report  Report // the next one, but for what is counted when it is sent
	told    Report // the latest

	queue   []*Ticket
	crowds  []*Crowd // behind the queue
	holders []*Ticket
	turn    int  // submits since the lease
	pulse   int  // accepted submits since the latest report
	held    int  // slots that the keeper believes the run to hold
	less    bool // the run has not confirmed yet that it has less
	rest    bool // it has, but for submits without an answer, which count from then
	missed  bool // the keeper may have missed that the run has returned all

	patience time.Duration // until a silent keeper is asked
	heard    time.Time     // when the keeper was last heard, or told something
	ask      bool          // the keeper owes an answer
	asks     bool          // the next report says so
	blocked  time.Time     // until when the provider asks to wait
	away     time.Time     // until when the run goes on without the keeper
}

// NewTenant begins with a report that says who the run is.
func NewTenant(now time.Time, introduction Report) *Tenant {
	introduction.Since = 1
	return &Tenant{report: introduction, heard: now, patience: silentAfter}
}

// Queue adds a submit to the queue.
func (t *Tenant) Queue(kind Kind) *Ticket {
	ticket := &Ticket{tenant: t, kind: kind}
	t.queue = append(t.queue, ticket)
	return ticket
}

// Hold takes a slot for a prediction that runs already; "" if it isn't known which.
func (t *Tenant) Hold(now time.Time, kind Kind, predictionID string) *Ticket {
	ticket := &Ticket{tenant: t, kind: kind, Ready: true, began: now, answered: true, predictionID: predictionID}
	t.holders = append(t.holders, ticket)
	if predictionID != "" {
		t.report.Adopted = append(t.report.Adopted, predictionID)
	}
	return ticket
}

// Leave ends all claims.
func (t *Tenant) Leave() {
	t.crowds = nil
	for _, ticket := range slices.Concat(t.holders, t.queue) {
		ticket.Abandoned()
	}
}

// Serve gives slots to those who wait, as far as the lease allows.
func (t *Tenant) Serve(now time.Time) {
	t.report.Recent.Forget(now)
	t.queue = slices.DeleteFunc(t.queue, func(ticket *Ticket) bool {
		if !t.allows(ticket.kind, now) {
			return false
		}
		ticket.Ready, ticket.began, ticket.Ungated = true, now, t.isAway(now)
		if ticket.Ungated {
			t.report.Ungated++
		}
		t.holders = append(t.holders, ticket)
		t.turn++
		return true
	})
}

func (t *Tenant) isAway(now time.Time) bool { return now.Before(t.away) }

func (t *Tenant) allows(kind Kind, now time.Time) bool {
	switch {
	case t.isAway(now):
		return true
	case t.granted.Seq == 0, t.turnOver(), t.full(), now.Before(t.blocked):
		return false
	default:
		return t.mayStart(kind, now)
	}
}

func (t *Tenant) turnOver() bool { return t.granted.Turn > 0 && t.turn >= t.granted.Turn }

func (t *Tenant) full() bool {
	return t.granted.Slots != NoLimit && len(t.holders) >= t.granted.Slots
}

// mayStart tells whether the minute has room for another submit.
func (t *Tenant) mayStart(kind Kind, now time.Time) bool {
	for _, pool := range Minutely {
		if limit, limited := t.granted.Starts[pool]; limited && kind.In(pool) && t.started(pool, now) >= limit {
			return false
		}
	}
	return true
}

// started counts the submits of a pool in the last minute, those under way too.
func (t *Tenant) started(pool Pool, now time.Time) int {
	n := t.report.Recent.Count(pool, now)
	for _, ticket := range t.holders {
		if !ticket.answered && ticket.kind.In(pool) {
			n++
		}
	}
	return n
}

func (t *Tenant) idle() bool { return len(t.holders) == 0 && t.inLine() == 0 }

// keeps is how many slots the run still has a use for.
func (t *Tenant) keeps() int {
	switch {
	case t.turnOver(), t.idle(), t.inLine() == 0 && t.granted.Spare > 0:
		if t.granted.Slots == NoLimit {
			return len(t.holders)
		}
		return min(len(t.holders), t.granted.Slots)
	default:
		return t.granted.Slots
	}
}

// Report returns a report if the keeper must know what has changed.
func (t *Tenant) Report(now time.Time) (Report, bool) {
	if !t.mustTell() {
		return Report{}, false
	}
	t.report.Seq++
	t.report.Seen, t.report.Slots = t.granted.Seq, t.keeps()
	t.report.Over = t.turnOver()
	t.report.Running, t.report.Waiting, t.report.Posting = len(t.holders), t.waiting(), count(t.posting())
	t.report.Ask, t.report.Gone = t.ask || t.granted.Seq == 0 && t.inLine() > 0, t.idle()
	report := t.report
	report.Recent = slices.Clone(report.Recent)
	t.told, t.report.Abandoned, t.report.Adopted = report, nil, nil
	t.pulse, t.missed, t.asks, t.heard = 0, false, false, now
	t.less, t.rest = false, t.less && len(t.granted.Starts) > 0 && len(report.Posting) > 0
	t.granted.Slots = report.Slots
	t.held = max(report.Slots, report.Running)
	if report.Gone {
		t.granted, t.held = Lease{}, 0
		t.beginAnew()
	}
	return report, true
}

// beginAnew counts from 0, since the keeper forgets the run.
func (t *Tenant) beginAnew() {
	r := &t.report
	r.Since = r.Seq + 1
	r.Made, r.Ended, r.Took, r.Refused, r.Ungated = 0, 0, 0, 0, 0
	t.told.Refused = 0
}

// posting are the submits without an answer.
func (t *Tenant) posting() (posting []*Ticket) {
	for _, ticket := range t.holders {
		if !ticket.answered {
			posting = append(posting, ticket)
		}
	}
	return posting
}

// count counts tickets by kind; nil for none.
func count(tickets []*Ticket) map[Kind]int {
	if len(tickets) == 0 {
		return nil
	}
	of := make(map[Kind]int)
	for _, ticket := range tickets {
		of[ticket.kind]++
	}
	return of
}

func (t *Tenant) mustTell() bool {
	back := t.held - max(t.keeps(), len(t.holders))
	switch {
	case t.missed:
		return true
	case t.idle():
		return t.report.Seq >= t.report.Since
	case t.inLine() > 0 && len(t.holders)+t.inLine() > t.told.Running+t.told.InLine(), t.asks:
		return true // the keeper knows of fewer
	case t.rest && len(t.posting()) == 0:
		return true
	case t.turnOver() && t.granted.Slots == NoLimit:
		return true
	case t.less && (t.granted.Slots == NoLimit || len(t.holders) <= t.granted.Slots):
		return true // what was taken back is free
	case t.report.Refused > t.told.Refused, len(t.report.Abandoned) > 0:
		return true
	case back > 0 && (t.turnOver() || t.granted.Spare > 0 || t.granted.Slots != NoLimit && t.held > t.granted.Slots):
		return back >= max(min(t.granted.Spare, t.held/8), (t.held-t.granted.Slots)/8, 1)
	case len(t.holders) > max(t.held, t.told.Running) && t.granted.Slots != NoLimit:
		return true // it has adopted some
	default:
		return t.granted.Pulse > 0 && t.pulse >= t.granted.Pulse
	}
}

// Grant takes a lease. It returns false for one that is late, or was for what the run has
// returned since. After a reset a run finds leases in its history that were another run's: it
// makes the same use of them, and the keeper learns of it with the next report.
func (t *Tenant) Grant(now time.Time, granted Lease) bool {
	switch {
	case granted.For < t.report.Since:
		// It crossed the report with which the run returned all, or the keeper has missed that.
		t.missed = true
		return false
	case granted.For == t.granted.For && granted.Seq <= t.granted.Seq:
		return false
	}
	skipped := granted.Seq > t.granted.Seq+1 // what the keeper may count still
	t.less = t.less || skipped || fewer(granted, t.granted)
	t.granted, t.turn = granted, 0
	t.held = max(t.held, granted.Slots)
	t.patience = t.nextPatience()
	t.heard, t.ask, t.away = now, false, time.Time{}
	return true
}

func fewer(next, was Lease) bool {
	if next.Slots != NoLimit && (was.Slots == NoLimit || next.Slots < was.Slots) {
		return true
	}
	for _, pool := range Minutely {
		n, limited := next.Starts[pool]
		if m, before := was.Starts[pool]; limited && (before && n < m || !before && was.Slots != 0) {
			return true
		}
	}
	return false
}
