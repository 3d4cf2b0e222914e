package quota

import (
	"cmp"
	"slices"
	"time"
)

// lineAfter is the shortest wait that a run is told of, since that costs a message.
const lineAfter = time.Minute

// queue are the runs of a group and priority that wait.
type queue struct {
	first   *Holder
	served  float64
	blocked int // their submits that wait
	place   int
	before  int // submits of its runs so far
}

// line tells runs that may submit nothing how long they wait: all of a higher priority come
// first, each group of the same that is before theirs has one turn, and then the runs of their own
// that came before them.
func (k *Keeper) line(now time.Time, next []Lease) {
	var queues []*queue
	index := make(map[any]*queue)
	key := func(h *Holder) any { return [2]any{h.Report.Group, h.Report.priority()} }
	blocked := make([]int, len(k.Holders))
	for i, h := range k.Holders {
		if blocked[i] = h.blockedBy(next[i], now); blocked[i] == 0 {
			continue
		}
		if index[key(h)] == nil {
			index[key(h)] = &queue{first: h, served: k.group(h.Report.Group).Served}
			queues = append(queues, index[key(h)])
		}
		index[key(h)].blocked += blocked[i]
	}
	number(queues)
	for i, h := range k.Holders {
		if blocked[i] == 0 {
			continue
		}
		q := index[key(h)]
		if next[i].Slots == 0 || h.starved(next[i]) {
			next[i].Line = q.place + q.before
			next[i].Wait = time.Duration(next[i].Line) * k.paceOf(h)
		}
		q.before += blocked[i]
	}
}

// number gives each queue the place of its first submit.
func number(queues []*queue) {
	slices.SortStableFunc(queues, func(a, b *queue) int {
		return cmp.Or(cmp.Compare(a.first.Report.priority(), b.first.Report.priority()), cmp.Compare(a.served, b.served), cmp.Compare(a.first.Arrived, b.first.Arrived))
	})
	above, since := 0, 0 // submits of higher priorities, and where this priority begins
	for i, q := range queues {
		if i > 0 && q.first.Report.priority() != queues[i-1].first.Report.priority() {
			for _, higher := range queues[since:i] {
				above += higher.blocked
			}
			since = i
		}
		q.place = above + i - since + 1
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

// paceOf is the average time between two submits of the fastest kind that a run waits to make,
// when all is in use; 0 if not known.
func (k *Keeper) paceOf(h *Holder) (pace time.Duration) {
	for _, kind := range Kinds {
		if of := k.pace(kind); h.Report.Waiting[kind] > 0 && (pace == 0 || of < pace) {
			pace = of
		}
	}
	return pace
}

// pace is the average time between two submits of a kind when all is in use; 0 if not known.
func (k *Keeper) pace(kind Kind) time.Duration {
	var pace time.Duration
	if limit, limited := k.Limit(Running); limited && limit > 0 && k.Ended > 0 {
		pace = k.mean() / time.Duration(limit)
	}
	for _, p := range Minutely {
		if limit, limited := k.Limit(p); limited && limit > 0 && kind.In(p) {
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
