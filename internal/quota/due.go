package quota

import (
	"slices"
	"time"
)

const (
	// silentAfter is how long a run without a slot hears nothing from the keeper before it asks, and
	// secondPatience is that once it has been heard, unless it says how long the run waits. Each
	// time that the keeper has answered, the run waits twice as long before it asks again, up to
	// mostPatience. answersWithin is how long the keeper has to answer, and awayFor is how long the
	// run then goes on without limits before it asks again.
	silentAfter    = 2 * time.Minute
	secondPatience = 16 * time.Minute
	mostPatience   = 32 * time.Minute
	answersWithin  = 2 * time.Minute
	awayFor        = 5 * time.Minute

	// together is how long a run waits for more of the minute's submits to become free, once one
	// is. Each time costs a timer.
	together = 2 * time.Second
)

// Due is when the run must look again though nothing happens; zero if never.
func (t *Tenant) Due(now time.Time) time.Time {
	switch {
	case len(t.queue) == 0 || t.isAway(now):
		return time.Time{}
	case t.ask:
		return t.heard.Add(answersWithin)
	case now.Before(t.blocked):
		return t.blocked
	case t.starved():
		return t.heard.Add(t.patience)
	default:
		// It has a part of what it wants. The keeper may be gone all the same.
		ask := t.heard.Add(5 * t.patience)
		if next := t.nextStart(now); !next.IsZero() && next.Before(ask) {
			return next
		}
		return ask
	}
}

// starved reports whether the run can submit nothing until the keeper says so.
func (t *Tenant) starved() bool {
	if t.granted.Slots == 0 {
		return true
	}
	for _, pool := range Minutely {
		if n, limited := t.granted.Starts[pool]; limited && n == 0 && t.queue[0].kind.In(pool) {
			return true
		}
	}
	return false
}

// nextStart is when the minute has room for another submit, if that is all it waits for.
func (t *Tenant) nextStart(now time.Time) (first time.Time) {
	if t.turnOver() || t.full() {
		return first
	}
	for _, kind := range Kinds {
		if slices.ContainsFunc(t.queue, func(ticket *Ticket) bool { return ticket.kind == kind }) {
			first = earlier(first, t.startsAt(kind, now))
		}
	}
	if first.IsZero() {
		return first
	}
	return first.Add(together)
}

// startsAt is when the minute has room for a kind; zero if that is not known.
func (t *Tenant) startsAt(kind Kind, now time.Time) (last time.Time) {
	for _, pool := range Minutely {
		limit, limited := t.granted.Starts[pool]
		over := t.started(pool, now) - limit
		if !limited || !kind.In(pool) || over < 0 {
			continue
		}
		at := t.report.Recent.freesN(pool, now, over+1)
		switch {
		case limit == 0:
			return time.Time{}
		case at.IsZero(): // those without an answer will get one soon
			at = now.Add(Minute)
		}
		if at.After(last) {
			last = at
		}
	}
	return last
}

// Ring is called at the time that [Tenant.Due] returned. A keeper that is silent is asked, and
// one that doesn't answer is away.
func (t *Tenant) Ring(now time.Time) {
	at := t.Due(now)
	switch {
	case at.IsZero() || at.After(now):
	case t.ask:
		t.GoOn(now)
	default:
		t.ask, t.asks = true, true
	}
}

// GoOn makes the run's submits as if there were no limits, for a while, unless it was told of a
// pause.
func (t *Tenant) GoOn(now time.Time) {
	t.ask, t.heard = false, now
	if !t.granted.Paused {
		t.away = now.Add(awayFor)
	}
}

// nextPatience is how long the run waits before it asks, now that the keeper has been heard.
func (t *Tenant) nextPatience() time.Duration {
	switch {
	case len(t.queue) > 0 && t.starved() && t.granted.Wait > 0:
		return min(max(2*t.granted.Wait, 2*silentAfter), mostPatience)
	case len(t.queue) > 0 && t.starved():
		return min(max(2*t.patience, secondPatience), mostPatience)
	case t.ask:
		return min(2*t.patience, mostPatience)
	default:
		return silentAfter
	}
}
