package quota

import (
	"slices"
	"time"
)

// Keeper knows who holds what of an account. It is encoded when the keeper's workflow continues
// as new.
type Keeper struct {
	Limits  Limits    `json:"limits,omitempty"`
	Auto    *Auto     `json:"auto,omitempty"` // learns the limits that are not given
	Holders []*Holder `json:"holders,omitempty"`
	Groups  []*Group  `json:"groups,omitempty"`

	// Cooling are the submits within the last minute of runs that have ended.
	Cooling Recent `json:"cooling,omitempty"`

	// Orphans are predictions that run though nobody awaits them, and Foreign how many others run
	// at the account that nobody here has submitted.
	Orphans []string `json:"orphans,omitempty"`
	Foreign int      `json:"foreign,omitempty"`

	// Blocked is until when the provider has asked to wait.
	Blocked time.Time `json:"blocked,omitzero"`

	Arrivals int           `json:"arrivals,omitempty"`
	Ended    int           `json:"ended,omitempty"`
	Took     time.Duration `json:"took,omitempty"`
	Refused  int           `json:"refused,omitempty"`
	Ungated  int           `json:"ungated,omitempty"`
}

// Holder is a run that has reported.
type Holder struct {
	Report Report `json:"report"`
	Lease  Lease  `json:"lease"`

	// Sent are the leases that it may be using: the latest that it has seen and those sent since,
	// but for those that a later one contains.
	Sent []Lease `json:"sent,omitempty"`

	// Probe is set if it may have returned all that it had without the keeper's knowledge. It gets
	// a lease, and says so.
	Probe bool `json:"probe,omitempty"`

	Arrived  int       `json:"arrived"`
	Answered int       `json:"answered,omitempty"` // the latest report that a lease followed
	Heard    time.Time `json:"heard"`
}

// Group is the runs that take turns as one.
type Group struct {
	Name   string  `json:"name"`
	Served float64 `json:"served,omitempty"` // submits, by weight
}

// Report takes a run's report. It returns false if a later one was taken before.
func (k *Keeper) Report(now time.Time, r Report) bool {
	h := k.holder(r.RunID)
	switch {
	case h != nil && r.Since > h.Report.Seq: // the report with which it returned all is late
		h.Report.Recent = nil // this one has them too
		k.remove(h)
		h = k.arrive(r)
	case h == nil && r.Gone:
		return false
	case h == nil:
		h = k.arrive(r)
	case r.Seq <= h.Report.Seq:
		return false
	}
	before := h.Report
	if before.Seq == 0 && r.Since > 1 {
		before = r // it was counted before the run returned all
	}
	k.group(r.Group).Served += float64(max(r.Made-before.Made, 0)) / r.weight()
	k.Ended += max(r.Ended-before.Ended, 0)
	k.Took += max(r.Took-before.Took, 0)
	k.Ungated += max(r.Ungated-before.Ungated, 0)
	h.Report, h.Heard = r, now
	h.confirm()
	for _, id := range r.Abandoned {
		if !slices.Contains(k.Orphans, id) {
			k.Orphans = append(k.Orphans, id)
		}
	}
	if refused := r.Refused - before.Refused; refused > 0 {
		k.refuse(now, h, refused)
	}
	if r.Gone {
		k.remove(h)
	}
	return true
}

// confirm counts what the run no longer uses as free.
func (h *Holder) confirm() {
	seen := h.Report.Seen
	h.Sent = slices.DeleteFunc(h.Sent, func(l Lease) bool {
		return l.Seq < seen || l.Seq == seen && (h.Report.Slots == 0 || h.Report.Over)
	})
	for i := range h.Sent {
		if h.Sent[i].Seq == seen {
			h.Sent[i].Slots = h.Report.Slots // of which it makes its submits until it sees another
		}
	}
	if seen < h.Lease.Seq {
		return
	}
	h.Lease.Slots = h.Report.Slots
	if h.Lease.Slots == 0 || h.Report.Over {
		h.Lease.Starts = nil
	}
}

// send notes that the run gets a lease.
func (h *Holder) send(l Lease) {
	h.Lease = l
	h.Sent = slices.DeleteFunc(h.Sent, func(before Lease) bool { return l.contains(before) })
	h.Sent = append(h.Sent, l)
}

// contains reports whether a lease allows all that another one does.
func (l Lease) contains(other Lease) bool {
	if l.Slots != NoLimit && (other.Slots == NoLimit || other.Slots > l.Slots) {
		return false
	}
	for _, p := range Minutely {
		n, limited := l.Starts[p]
		m, before := other.Starts[p]
		if limited && (!before && other.Slots != 0 || m > n) {
			return false
		}
	}
	return true
}

// held is how many slots the run may be using.
func (h *Holder) held() int {
	held := max(h.Report.Running, h.Report.Slots, h.Lease.Slots)
	for _, l := range h.Sent {
		held = max(held, l.Slots)
	}
	return held
}

// heldStarts is how many submits of a pool it may make in any minute, or has made.
func (h *Holder) heldStarts(p Pool, now time.Time) int {
	held := max(h.Report.started(p, now), h.Lease.Starts[p])
	for _, l := range h.Sent {
		held = max(held, l.Starts[p])
	}
	return held
}

func (k *Keeper) arrive(r Report) *Holder {
	k.Arrivals++
	h := &Holder{Arrived: k.Arrivals, Probe: r.Seen > 0, Lease: Lease{For: r.Since, Seq: r.Seen, Slots: r.Slots}}
	k.Holders = append(k.Holders, h)
	if k.groupOf(r.Group) == nil {
		// Newcomers are not owed what others got before.
		served := 0.0
		for i, g := range k.Groups {
			if i == 0 || g.Served < served {
				served = g.Served
			}
		}
		k.Groups = append(k.Groups, &Group{Name: r.Group, Served: served})
	}
	return h
}

func (k *Keeper) remove(h *Holder) {
	k.Holders = slices.DeleteFunc(k.Holders, func(other *Holder) bool { return other == h })
	k.Cooling = append(k.Cooling, h.Report.Recent...)
	if !slices.ContainsFunc(k.Holders, func(other *Holder) bool { return other.Report.Group == h.Report.Group }) {
		k.Groups = slices.DeleteFunc(k.Groups, func(g *Group) bool { return g.Name == h.Report.Group })
	}
}

func (k *Keeper) holder(runID string) *Holder {
	for _, h := range k.Holders {
		if h.Report.RunID == runID {
			return h
		}
	}
	return nil
}

func (k *Keeper) groupOf(name string) *Group {
	for _, g := range k.Groups {
		if g.Name == name {
			return g
		}
	}
	return nil
}

func (k *Keeper) group(name string) *Group {
	if g := k.groupOf(name); g != nil {
		return g
	}
	g := &Group{Name: name}
	k.Groups = append(k.Groups, g)
	return g
}

// Limit is what runs of this namespace may use of a pool.
func (k *Keeper) Limit(p Pool) (limit int, limited bool) {
	limit, limited = k.Limits.Of(p)
	if !limited && k.Auto != nil {
		limit, limited = k.Auto.Limits.Of(p)
	}
	if limited && p == Running {
		limit = max(limit-len(k.Orphans)-k.Foreign, 0)
	}
	return limit, limited
}

// refusedFor is for how long a refusal counts if the provider doesn't say.
const refusedFor = 5 * time.Second

// refuse takes a refusal: somebody else uses the account, or its limits are not what they were
// thought to be.
func (k *Keeper) refuse(now time.Time, h *Holder, n int) {
	k.Refused += n
	until := h.Report.RetryAt
	if until.IsZero() {
		until = now.Add(refusedFor)
	}
	if until.After(k.Blocked) {
		k.Blocked = until
	}
	if k.Auto != nil {
		k.Auto.refuse(now, h.Report.Pool, k.running(), k.recent(now, h.Report.Pool))
	}
}

// running is how many predictions of runs here are at the provider, as far as they have told.
func (k *Keeper) running() int {
	n := 0
	for _, h := range k.Holders {
		n += h.Report.Running
	}
	return n
}

// recent is how many submits of a pool were made within the last minute, as far as runs have
// told.
func (k *Keeper) recent(now time.Time, p Pool) int {
	n := k.Cooling.Count(p, now)
	for _, h := range k.Holders {
		n += h.Report.Recent.Count(p, now)
	}
	return n
}

// Used is how much of a pool is used, as far as runs have told.
func (k *Keeper) Used(p Pool, now time.Time) int {
	if p == Running {
		return k.running() + len(k.Orphans)
	}
	return k.recent(now, p)
}

// Message is a lease for a run.
type Message struct {
	WorkflowID, RunID string
	Lease             Lease
}

// Divide gives out what is free, asks for the return of what others should have, and returns the
// leases that have changed. Call it again at the time it returns, if that is not zero.
func (k *Keeper) Divide(now time.Time) (changed []Message, again time.Time) {
	k.Cooling.Forget(now)
	if k.Auto != nil {
		k.Auto.raise(now, k)
	}
	next := make([]Lease, len(k.Holders))
	for i, h := range k.Holders {
		next[i] = h.Lease
		next[i].Turn, next[i].Pulse, next[i].Spare = 0, 0, 0
		next[i].Line, next[i].Wait = 0, 0
	}
	again = k.divideSlots(now, next)
	for _, p := range Minutely {
		if at := k.divideStarts(now, p, next); !at.IsZero() && (again.IsZero() || at.Before(again)) {
			again = at
		}
	}
	k.line(next)
	for i, h := range k.Holders {
		if !differs(h, next[i]) {
			continue
		}
		next[i].Seq = h.Lease.Seq + 1
		h.send(next[i])
		h.Answered, h.Probe = h.Report.Seq, false
		changed = append(changed, Message{h.Report.WorkflowID, h.Report.RunID, h.Lease})
	}
	return changed, again
}

// claims are what groups want of a pool, and which holders they are of, oldest first.
func (k *Keeper) claims(wants, has func(*Holder) int) (claims []claim, of [][]int) {
	index := make(map[string]int)
	for i, h := range k.Holders {
		at, known := index[h.Report.Group]
		if !known {
			at = len(claims)
			index[h.Report.Group] = at
			claims = append(claims, claim{weight: h.Report.weight(), priority: h.Report.priority(), served: k.group(h.Report.Group).Served, arrived: h.Arrived})
			of = append(of, nil)
		}
		c := &claims[at]
		c.wants += wants(h)
		c.has += has(h)
		c.weight = max(c.weight, h.Report.weight())
		c.priority = min(c.priority, h.Report.priority())
		of[at] = append(of[at], i)
	}
	return claims, of
}

// targets is what each holder should have of a pool. Within a group the first come first.
func (k *Keeper) targets(pool int, wants, has func(*Holder) int) (targets []int, turns []bool) {
	targets, turns = make([]int, len(k.Holders)), make([]bool, len(k.Holders))
	claims, of := k.claims(wants, has)
	parts, byTurn := fair(pool, claims)
	for g, part := range parts {
		for _, i := range of[g] {
			targets[i] = min(part, wants(k.Holders[i]))
			part -= targets[i]
			turns[i] = byTurn[g]
		}
	}
	return targets, turns
}

func (k *Keeper) divideSlots(now time.Time, next []Lease) (again time.Time) {
	limit, limited := k.Limit(Running)
	if !limited {
		if now.Before(k.Blocked) {
			return k.Blocked
		}
		for i := range next {
			next[i].Slots = NoLimit
		}
		return time.Time{}
	}
	targets, turns := k.targets(limit, func(h *Holder) int { return h.Report.Running + h.Report.InLine() }, func(h *Holder) int { return max(h.Lease.Slots, 0) })
	free, short := limit, false
	for _, h := range k.Holders {
		free -= h.held()
	}
	missing := 0
	for i, h := range k.Holders {
		missing += max(targets[i]-max(h.Lease.Slots, 0), 0)
		short = short || h.Report.Running+h.Report.InLine() > targets[i]
	}
	reduce := missing > free || free < 0
	blocked := now.Before(k.Blocked)
	for i, h := range k.Holders {
		has := h.Lease.Slots
		switch {
		case has == NoLimit:
			next[i].Slots = targets[i]
		case targets[i] > has && free > 0 && !blocked:
			more := min(targets[i]-has, free)
			next[i].Slots += more
			free -= max(has+more-h.held(), 0)
		case targets[i] < has && reduce:
			next[i].Slots = targets[i]
		}
		if next[i].Slots == 0 {
			next[i].Starts = nil
			continue
		}
		if !short {
			continue
		}
		if k.learns() {
			next[i].Pulse = max(next[i].Slots-h.Report.Running, 1)
		}
		next[i].Spare = max(next[i].Slots/8, 1)
		if turns[i] {
			k.takeTurns(h, &next[i], limit)
		}
	}
	if blocked && missing > 0 {
		return k.Blocked
	}
	return time.Time{}
}

// takeTurns has a run report in time for others to have their turn.
func (k *Keeper) takeTurns(h *Holder, l *Lease, limit int) {
	if len(k.Groups) > limit {
		l.Turn = int(turn(0, 0)) * l.Slots
	} else {
		l.Pulse = int(turn(k.group(h.Report.Group).Served, l.Slots)) * l.Slots
	}
}

func (k *Keeper) divideStarts(now time.Time, p Pool, next []Lease) (again time.Time) {
	limit, limited := k.Limit(p)
	if !limited {
		for i := range next {
			next[i].Starts = without(next[i].Starts, p)
		}
		return time.Time{}
	}
	has := func(h *Holder) int { return h.Lease.Starts[p] }
	wants := func(h *Holder) int {
		if h.Report.waitingIn(p) == 0 || h.Lease.Slots == 0 && h.held() == 0 && next[slices.Index(k.Holders, h)].Slots == 0 {
			return 0
		}
		return h.Report.started(p, now) + h.Report.waitingIn(p)
	}
	targets, turns := k.targets(limit, wants, has)
	free := limit - k.Cooling.Count(p, now)
	missing := 0
	for i, h := range k.Holders {
		free -= h.heldStarts(p, now)
		missing += max(targets[i]-has(h), 0)
	}
	reduce := missing > free || free < 0
	for i, h := range k.Holders {
		more := targets[i] - has(h)
		starts := has(h)
		switch {
		case next[i].Slots == 0:
			starts = 0
		case more > 0 && free > 0:
			// What it has used itself within the minute, it may use again.
			more = min(more, free+max(h.heldStarts(p, now)-has(h), 0))
			free -= max(has(h)+more-h.heldStarts(p, now), 0)
			starts += more
		case more < 0 && reduce:
			starts = targets[i]
		}
		next[i].Starts = with(next[i].Starts, p, starts)
		if turns[i] && starts > 0 && len(k.Groups) > limit {
			next[i].Turn = max(next[i].Turn, int(turn(0, 0)))
		}
	}
	if missing > 0 {
		again = k.frees(p, now)
	}
	return again
}

// frees is when the next submit of a pool no longer counts.
func (k *Keeper) frees(p Pool, now time.Time) time.Time {
	first := k.Cooling.Frees(p, now)
	for _, h := range k.Holders {
		if at := h.Report.Recent.Frees(p, now); !at.IsZero() && (first.IsZero() || at.Before(first)) && h.Report.Recent.Count(p, now) > h.Lease.Starts[p] {
			first = at
		}
	}
	return first
}

func with(starts map[Pool]int, p Pool, n int) map[Pool]int {
	all := make(map[Pool]int, len(starts)+1)
	for other, m := range starts {
		all[other] = m
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

// lineAfter is the shortest wait that a run is told of, since that costs a message.
const lineAfter = time.Minute

// line tells runs that have to wait how long.
func (k *Keeper) line(next []Lease) {
	each := k.pace()
	for i, h := range k.Holders {
		if next[i].Slots != 0 || h.Report.InLine() == 0 {
			continue
		}
		place := 1
		mine := k.group(h.Report.Group)
		for _, g := range k.Groups {
			if g != mine && (g.Served < mine.Served || g.Served == mine.Served && k.arrived(g) < k.arrived(mine)) && k.waits(g) {
				place++
			}
		}
		for _, other := range k.Holders[:i] {
			if other.Report.Group == h.Report.Group {
				place += other.Report.InLine()
			}
		}
		next[i].Line, next[i].Wait = place, time.Duration(place)*each
	}
}

// pace is the average time between two submits when all slots are in use; 0 if not known.
func (k *Keeper) pace() time.Duration {
	var pace time.Duration
	if limit, limited := k.Limit(Running); limited && limit > 0 && k.Ended > 0 {
		pace = k.Took / time.Duration(k.Ended) / time.Duration(limit)
	}
	for _, p := range Minutely {
		if limit, limited := k.Limit(p); limited && limit > 0 {
			pace = max(pace, time.Minute/time.Duration(limit))
		}
	}
	return pace
}

func (k *Keeper) arrived(g *Group) int {
	for _, h := range k.Holders {
		if h.Report.Group == g.Name {
			return h.Arrived
		}
	}
	return 0
}

func (k *Keeper) waits(g *Group) bool {
	return slices.ContainsFunc(k.Holders, func(h *Holder) bool { return h.Report.Group == g.Name && h.Report.InLine() > 0 })
}

// differs tells whether a lease is worth a message.
func differs(h *Holder, next Lease) bool {
	was := h.Lease
	if h.Probe {
		return true
	}
	if h.Report.Ask && h.Answered < h.Report.Seq || was.Slots != next.Slots || !sameStarts(was.Starts, next.Starts) {
		return true
	}
	if next.Slots == 0 {
		return h.Answered == 0 && next.Wait >= lineAfter
	}
	return next.Spare > 0 && was.Spare == 0 || next.Turn > 0 && was.Turn == 0 || next.Pulse > 0 && was.Pulse == 0
}

func sameStarts(a, b map[Pool]int) bool {
	for _, p := range Minutely {
		m, limited := a[p]
		n, limitedToo := b[p]
		if m != n || limited != limitedToo {
			return false
		}
	}
	return true
}

// Recovered is called for what an earlier keeper knew, since much may have happened since.
func (k *Keeper) Recovered() {
	for _, h := range k.Holders {
		h.Probe = true
	}
}

// Lose takes note that a run has ended without a word. What it may have had still runs, and
// belongs to nobody here.
func (k *Keeper) Lose(runID string) {
	if h := k.holder(runID); h != nil {
		k.Foreign += h.held()
		k.remove(h)
	}
}

// Reconcile takes note of which orphans have ended, and of how many predictions of the account
// run at the provider, if that is known.
func (k *Keeper) Reconcile(ended []string, running *int) {
	k.Orphans = slices.DeleteFunc(k.Orphans, func(id string) bool { return slices.Contains(ended, id) })
	if running == nil {
		return
	}
	ours := len(k.Orphans)
	for _, h := range k.Holders {
		ours += h.held()
	}
	k.Foreign = max(*running-ours, 0)
}

// Waiting is how many submits wait at the account.
func (k *Keeper) Waiting() int {
	n := 0
	for _, h := range k.Holders {
		n += max(h.Report.Running+h.Report.InLine()-max(h.Lease.Slots, h.Report.Running), 0)
	}
	return n
}
