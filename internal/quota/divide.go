package quota

import (
	"cmp"
	"slices"
	"time"
)

// Message is a lease for a run.
type Message struct {
	WorkflowID, RunID string
	Lease             Lease
}

// maxMessages is how many leases are sent at once. Temporal limits what may be under way.
const maxMessages = 200

// Divide gives out what is free, asks for the return of what others should have, and returns the
// leases that have changed. Call it again at the time it returns, if that is not zero.
func (k *Keeper) Divide(now time.Time) (changed []Message, again time.Time) {
	k.cool(now)
	if k.Learns {
		k.Learned.raise(now, k)
	}
	next, order := make([]Lease, len(k.Holders)), k.order()
	for i, h := range k.Holders {
		next[i] = Lease{For: h.Lease.For, Seq: h.Lease.Seq + 1, Slots: h.Lease.Slots, Starts: h.Lease.Starts, Paused: k.Paused()}
	}
	again = k.divideSlots(now, next, order)
	for _, p := range Minutely {
		again = earlier(again, k.divideStarts(now, p, next, order))
	}
	k.line(now, next)
	for _, i := range order {
		h := k.Holders[i]
		switch {
		case !h.differs(next[i]):
		case len(changed) == maxMessages:
			return changed, now
		default:
			h.send(next[i])
			changed = append(changed, Message{h.Report.WorkflowID, h.Report.RunID, h.Lease})
		}
	}
	return changed, again
}

// order is that in which what is free is given out: by priority, then to those who were served
// least, then as they came.
func (k *Keeper) order() []int {
	order, served := make([]int, len(k.Holders)), make([]float64, len(k.Holders))
	for i, h := range k.Holders {
		order[i], served[i] = i, k.group(h.Report.Group).Served
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(k.Holders[a].Report.priority(), k.Holders[b].Report.priority()), cmp.Compare(served[a], served[b]))
	})
	return order
}

// earlier is the earlier of two times, of which zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// cool forgets what no longer counts.
func (k *Keeper) cool(now time.Time) {
	for i := range k.Cooling {
		k.Cooling[i].Recent.Forget(now)
	}
	k.Cooling = slices.DeleteFunc(k.Cooling, func(c Cooled) bool { return len(c.Recent) == 0 })
	k.Lost = slices.DeleteFunc(k.Lost, func(l Lost) bool { return !l.Until.After(now) })
	k.forgetMoved(now)
}

// share is what each holder should have of a pool.
type share struct {
	targets []int
	turns   []bool // whether it takes turns with others for a part of that
	crowd   bool   // there are more who want something than there is
}

// party are the holders that share as one: those of a group and priority.
type party struct {
	claim
	holders []int
}

// share divides a pool among parties, and the part of each among its workflows.
func (k *Keeper) share(pool int, wants, has func(*Holder) int) share {
	s := share{make([]int, len(k.Holders)), make([]bool, len(k.Holders)), false}
	parties := k.parties(wants, has, func(h *Holder) any { return [2]any{h.Report.Group, h.Report.priority()} }, nil)
	claims, wanting := claimsOf(parties)
	s.crowd = wanting > pool
	parts, turns := fair(pool, claims)
	for n, p := range parties {
		roots := k.parties(wants, has, func(h *Holder) any { return cmp.Or(h.Report.Root, h.Report.Group) }, p.holders)
		claims, _ := claimsOf(roots)
		ofRoots, _ := fair(parts[n], claims)
		for m, root := range roots {
			for _, i := range root.holders { // the first come first
				s.targets[i] = min(ofRoots[m], wants(k.Holders[i]))
				ofRoots[m] -= s.targets[i]
				s.turns[i] = turns[n]
			}
		}
	}
	return s
}

func claimsOf(parties []*party) (claims []claim, wanting int) {
	for _, p := range parties {
		claims = append(claims, p.claim)
		if p.wants > 0 {
			wanting++
		}
	}
	return claims, wanting
}

// parties brings together holders with the same key, in the order in which they came; nil stands
// for all holders.
func (k *Keeper) parties(wants, has func(*Holder) int, key func(*Holder) any, among []int) (parties []*party) {
	index := make(map[any]*party)
	add := func(i int) {
		h := k.Holders[i]
		p := index[key(h)]
		if p == nil {
			p = &party{claim: claim{weight: h.Report.weight(), priority: h.Report.priority(), served: k.group(h.Report.Group).Served, arrived: h.Arrived}}
			index[key(h)] = p
			parties = append(parties, p)
		}
		p.wants += wants(h)
		p.has += has(h)
		p.weight = max(p.weight, h.Report.weight())
		p.holders = append(p.holders, i)
	}
	if among == nil {
		for i := range k.Holders {
			add(i)
		}
	}
	for _, i := range among {
		add(i)
	}
	return parties
}

func (k *Keeper) divideSlots(now time.Time, next []Lease, order []int) (again time.Time) {
	limit, limited := k.Limit(Running)
	if !limited {
		until := k.blockedUntil()
		if now.Before(until) {
			return until
		}
		for i := range next {
			next[i].Slots = NoLimit
		}
		return time.Time{}
	}
	s := k.share(limit, (*Holder).wants, func(h *Holder) int { return max(h.Lease.Slots, 0) })
	free, missing, short := limit, 0, 0
	for i, h := range k.Holders {
		free -= h.held()
		missing += max(s.targets[i]-max(h.Lease.Slots, 0), 0)
		if h.wants() > s.targets[i] {
			short++
		}
	}
	reduce := missing > free || free < 0
	grantable, again := k.grantable(now, free, limit)
	left := grantable
	for _, i := range order {
		h, has := k.Holders[i], k.Holders[i].Lease.Slots
		switch {
		case h.Gone:
			continue
		case has == NoLimit:
			next[i].Slots = s.targets[i]
		case s.targets[i] > has && left > 0:
			more := min(s.targets[i]-has, left)
			next[i].Slots += more
			left -= max(has+more-h.held(), 0)
		case s.targets[i] < has && reduce:
			next[i].Slots = s.targets[i]
		}
		self := 0
		if h.wants() > s.targets[i] {
			self = 1
		}
		k.oblige(h, &next[i], s, i, short-self > 0)
	}
	if left < grantable && grantable < free {
		k.Probed = now
	}
	return k.when(missing > 0, again)
}

// oblige says when the run must report, so that others get their part.
func (k *Keeper) oblige(h *Holder, l *Lease, s share, i int, othersShort bool) {
	if l.Slots == 0 {
		l.Starts = nil
		return
	}
	if othersShort && l.Slots > 1 {
		l.Spare = max(l.Slots/8, 1)
	}
	if k.learnsSlots() && h.wants() > s.targets[i] {
		l.Pulse = max(l.Slots-h.Report.Running, 1)
	}
	switch {
	case !s.turns[i]:
	case s.crowd:
		l.Turn = int(turn(0, 0)) * l.Slots
	default:
		l.Pulse = int(turn(k.group(h.Report.Group).Served, l.Slots)) * l.Slots
	}
}

// when is when to divide again, since slots become free without a report.
func (k *Keeper) when(missing bool, again time.Time) time.Time {
	if !missing {
		return time.Time{}
	}
	for _, l := range k.Lost {
		again = earlier(again, l.Until)
	}
	return again
}

func (k *Keeper) divideStarts(now time.Time, p Pool, next []Lease, order []int) (again time.Time) {
	limit, limited := k.Limit(p)
	if !limited {
		for i := range next {
			next[i].Starts = without(next[i].Starts, p)
		}
		return time.Time{}
	}
	has := func(h *Holder) int { return h.Lease.Starts[p] }
	index := make(map[*Holder]int, len(k.Holders))
	for i, h := range k.Holders {
		index[h] = i
	}
	s := k.share(limit, func(h *Holder) int {
		if h.Gone || h.Report.waitingIn(p) == 0 || next[index[h]].Slots == 0 {
			return 0
		}
		return h.Report.started(p, now) + h.Report.waitingIn(p)
	}, has)
	free, missing := limit, 0
	for _, c := range k.Cooling {
		free -= c.Recent.Count(p, now)
	}
	for i, h := range k.Holders {
		free -= h.heldStarts(p, now)
		missing += max(s.targets[i]-has(h), 0)
	}
	reduce := missing > free || free < 0
	for _, i := range order {
		h := k.Holders[i]
		more, starts := s.targets[i]-has(h), has(h)
		switch {
		case next[i].Slots == 0:
			continue
		case more > 0 && free+h.heldStarts(p, now)-has(h) > 0:
			// What it has used itself within the minute, it may use again.
			more = min(more, max(free, 0)+h.heldStarts(p, now)-has(h))
			free -= max(has(h)+more-h.heldStarts(p, now), 0)
			starts += more
		case more < 0 && reduce:
			starts = s.targets[i]
		}
		next[i].Starts = with(next[i].Starts, p, starts)
		if s.turns[i] && s.crowd && starts > 0 {
			next[i].Turn = max(next[i].Turn, int(turn(0, 0)))
		}
	}
	if missing > 0 {
		again = k.frees(p, now)
	}
	return again
}

// frees is when the next submit of a pool no longer counts.
func (k *Keeper) frees(p Pool, now time.Time) (first time.Time) {
	for _, c := range k.Cooling {
		first = earlier(first, c.Recent.Frees(p, now))
	}
	for _, h := range k.Holders {
		if h.Report.Recent.Count(p, now) > h.Lease.Starts[p] {
			first = earlier(first, h.Report.Recent.Frees(p, now))
		}
	}
	return first
}

func with(starts map[Pool]int, p Pool, n int) map[Pool]int {
	all := make(map[Pool]int, len(Minutely))
	for _, other := range Minutely {
		if m, limited := starts[other]; limited {
			all[other] = m
		}
	}
	all[p] = n
	return all
}

func without(starts map[Pool]int, p Pool) map[Pool]int {
	if _, has := starts[p]; !has {
		return starts
	}
	rest := with(starts, p, 0)
	delete(rest, p)
	if len(rest) == 0 {
		return nil
	}
	return rest
}
