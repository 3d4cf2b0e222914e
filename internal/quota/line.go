package quota

import (
	"cmp"
	"slices"
	"time"
)

// lineAfter is the shortest wait that a run is told of, since that costs a message.
const lineAfter = time.Minute

// line tells runs that may submit nothing how long they wait: each group that is before theirs
// has one turn first, and then the runs of their own that came before them.
func (k *Keeper) line(now time.Time, next []Lease) {
	type waiting struct {
		name    string
		served  float64
		arrived int
		before  int // submits of its runs so far
	}
	var groups []*waiting
	index := make(map[string]*waiting)
	blocked := make([]int, len(k.Holders))
	for i, h := range k.Holders {
		blocked[i] = h.blockedBy(next[i], now)
		if blocked[i] > 0 && index[h.Report.Group] == nil {
			g := &waiting{h.Report.Group, k.group(h.Report.Group).Served, h.Arrived, 0}
			index[h.Report.Group] = g
			groups = append(groups, g)
		}
	}
	slices.SortStableFunc(groups, func(a, b *waiting) int {
		return cmp.Or(cmp.Compare(a.served, b.served), cmp.Compare(a.arrived, b.arrived))
	})
	place := make(map[string]int, len(groups))
	for i, g := range groups {
		place[g.name] = i + 1
	}
	each := k.pace()
	for i, h := range k.Holders {
		if blocked[i] == 0 {
			continue
		}
		g := index[h.Report.Group]
		if next[i].Slots == 0 || h.starved(next[i]) {
			next[i].Line = place[g.name] + g.before
			next[i].Wait = time.Duration(next[i].Line) * each
		}
		g.before += blocked[i]
	}
}

// starved reports whether a lease allows no submit of a kind that waits.
func (h *Holder) starved(l Lease) bool {
	for _, p := range Minutely {
		if limit, limited := l.Starts[p]; limited && limit == 0 && h.Report.waitingIn(p) > 0 {
			return true
		}
	}
	return false
}

// pace is the average time between two submits when all slots are in use; 0 if not known.
func (k *Keeper) pace() time.Duration {
	var pace time.Duration
	if limit, limited := k.Limit(Running); limited && limit > 0 && k.Ended > 0 {
		pace = k.mean() / time.Duration(limit)
	}
	for _, p := range Minutely {
		if limit, limited := k.Limit(p); limited && limit > 0 {
			pace = max(pace, time.Minute/time.Duration(limit))
		}
	}
	return pace
}

// mean is how long a prediction runs; 0 if not known.
func (k *Keeper) mean() time.Duration {
	if k.Ended == 0 {
		return 0
	}
	return k.Took / time.Duration(k.Ended)
}
