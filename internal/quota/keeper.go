package quota

import (
	"slices"
	"time"
)

// Version is that of the arithmetic. A keeper that continues as new goes on with the current one.
// Until then it must replay with the one that it began with: when the arithmetic changes, keep
// the former beside it, until no keeper can have begun with that.
const Version = 1

// Keeper knows who holds what of an account. It is encoded when the keeper's workflow continues
// as new.
type Keeper struct {
	Version int    `json:"version"`
	Limits  Limits `json:"limits,omitempty"`

	// Learns is set to learn the limits that are not given. What was learned is kept.
	Learns  bool  `json:"learns,omitempty"`
	Learned *Auto `json:"learned,omitempty"`

	Holders []*Holder `json:"holders,omitempty"`
	Groups  []*Group  `json:"groups,omitempty"`

	// Cooling are the submits within the last minute of runs that have returned all.
	Cooling []Cooled `json:"cooling,omitempty"`

	// Orphans are predictions that run though nobody awaits them. Lost are those of runs that
	// have ended without a word, as far as it isn't known which they are. Foreign is how many
	// others run at the account that nobody here has submitted.
	Orphans []string `json:"orphans,omitempty"`
	Lost    []Lost   `json:"lost,omitempty"`
	Foreign int      `json:"foreign,omitempty"`

	// Blocked is until when the provider has asked to wait.
	Blocked time.Time `json:"blocked,omitzero"`
	Strikes
	Cursor int `json:"cursor,omitempty"` // the latest run that was looked up, by its arrival

	Arrivals int           `json:"arrivals,omitempty"`
	Ended    int           `json:"ended,omitempty"`
	Took     time.Duration `json:"took,omitempty"`
	Refused  int           `json:"refused,omitempty"`
	Ungated  int           `json:"ungated,omitempty"`

	holders map[string]*Holder // by run
	groups  map[string]*Group  // by name
}

// NewKeeper knows nothing yet.
func NewKeeper() *Keeper { return &Keeper{Version: Version} }

// Group is the runs that take turns as one.
type Group struct {
	Name   string  `json:"name"`
	Served float64 `json:"served,omitempty"` // submits, by weight, while others waited
}

// Cooled are the submits within the last minute of a run that has returned all.
type Cooled struct {
	RunID  string `json:"run_id"`
	Seq    int    `json:"seq"` // of its last report
	Recent Recent `json:"recent"`
}

// Lost are so many predictions that may run until then.
type Lost struct {
	N     int       `json:"n"`
	Until time.Time `json:"until"`
}

// Report takes a run's report. It returns false if a later one was taken before.
func (k *Keeper) Report(now time.Time, r Report) bool {
	h := k.holder(r.RunID)
	switch {
	case h != nil && h.Moved: // it counts on from where it was reset to
		h.Moved = false
	case h != nil && r.Seq <= h.Report.Seq, h == nil && k.cooled(r.RunID) >= r.Seq:
		return false
	case h != nil && r.Since > h.Report.Seq:
		// The report with which it returned all is late. This one has its submits too.
		h.Report.Recent = nil
		k.remove(h)
		h = nil
	}
	k.disown(r)
	if h == nil && r.Gone {
		k.account(now, &Holder{Report: r}, Report{})
		k.keepCool(r)
		return true
	}
	if h == nil {
		h = k.arrive(r)
	}
	before := h.Report
	h.Report, h.Heard, h.Gone = r, now, false
	k.account(now, h, before)
	h.confirm()
	if r.Gone {
		k.remove(h)
	}
	return true
}

// disown takes note of the predictions that the run awaits no longer, and of those that it awaits
// again.
func (k *Keeper) disown(r Report) {
	for _, id := range r.Abandoned {
		if !slices.Contains(k.Orphans, id) {
			k.Orphans = append(k.Orphans, id)
		}
	}
	k.Orphans = slices.DeleteFunc(k.Orphans, func(id string) bool { return slices.Contains(r.Adopted, id) })
}

// account adds up what has happened since the report before.
func (k *Keeper) account(now time.Time, h *Holder, before Report) {
	r := h.Report
	known := before.Seq > 0
	if h.Lease.Turn > 0 || h.Lease.Pulse > 0 {
		k.group(r.Group).Served += float64(max(r.Made-before.Made, 0)) / r.weight()
	}
	k.Ended += max(r.Ended-before.Ended, 0)
	k.Took += max(r.Took-before.Took, 0)
	k.Ungated += max(r.Ungated-before.Ungated, 0)
	switch refused := max(r.Refused-before.Refused, 0); {
	case refused > 0 && known:
		k.refuse(now, r, refused)
	default:
		k.Refused += refused // a keeper before this one was told
	}
}

// cooled is the number of the last report of a run that has returned all; 0 if that is a while ago.
func (k *Keeper) cooled(runID string) (seq int) {
	for _, c := range k.Cooling {
		if c.RunID == runID {
			seq = max(seq, c.Seq)
		}
	}
	return seq
}

func (k *Keeper) arrive(r Report) *Holder {
	k.Cooling = slices.DeleteFunc(k.Cooling, func(c Cooled) bool { return c.RunID == r.RunID }) // it tells of them
	k.Arrivals++
	h := &Holder{Arrived: k.Arrivals, Probe: r.Seen > 0, Lease: Lease{For: r.Since, Seq: r.Seen, Slots: r.Slots}}
	for _, former := range k.Holders {
		if former.Report.WorkflowID == r.WorkflowID { // a workflow has one run at a time
			// After a reset, the run may take leases of the former for its own, but for later ones.
			former.Gone, h.Probe, h.Lease.Seq = true, true, max(h.Lease.Seq, former.Lease.Seq)
		}
	}
	k.Holders = append(k.Holders, h)
	k.holders[r.RunID] = h
	if k.groupOf(r.Group) == nil {
		// Newcomers are not owed what others got before.
		served := 0.0
		for i, g := range k.Groups {
			if i == 0 || g.Served < served {
				served = g.Served
			}
		}
		k.addGroup(&Group{Name: r.Group, Served: served})
	}
	return h
}

func (k *Keeper) remove(h *Holder) {
	k.Holders = slices.DeleteFunc(k.Holders, func(other *Holder) bool { return other == h })
	delete(k.holders, h.Report.RunID)
	k.keepCool(h.Report)
	if !slices.ContainsFunc(k.Holders, func(other *Holder) bool { return other.Report.Group == h.Report.Group }) {
		k.Groups = slices.DeleteFunc(k.Groups, func(g *Group) bool { return g.Name == h.Report.Group })
		delete(k.groups, h.Report.Group)
	}
}

// keepCool counts on the submits of a run that has returned all.
func (k *Keeper) keepCool(last Report) {
	if len(last.Recent) > 0 {
		k.Cooling = append(k.Cooling, Cooled{last.RunID, last.Seq, last.Recent})
	}
}

func (k *Keeper) holder(runID string) *Holder {
	if k.holders == nil {
		k.holders = make(map[string]*Holder, len(k.Holders))
		for _, h := range k.Holders {
			k.holders[h.Report.RunID] = h
		}
	}
	return k.holders[runID]
}

func (k *Keeper) groupOf(name string) *Group {
	if k.groups == nil {
		k.groups = make(map[string]*Group, len(k.Groups))
		for _, g := range k.Groups {
			k.groups[g.Name] = g
		}
	}
	return k.groups[name]
}

func (k *Keeper) group(name string) *Group {
	if g := k.groupOf(name); g != nil {
		return g
	}
	return k.addGroup(&Group{Name: name})
}

func (k *Keeper) addGroup(g *Group) *Group {
	k.Groups = append(k.Groups, g)
	k.groups[g.Name] = g
	return g
}

// Limit is what runs of this namespace may use of a pool.
func (k *Keeper) Limit(p Pool) (limit int, limited bool) {
	limit, limited = k.Limits.Of(p)
	if !limited && k.Learns {
		limit, limited = k.Learned.Limits.Of(p)
	}
	if limited && p == Running {
		limit = max(limit-k.Others(), 0)
	}
	return limit, limited
}

// Others counts the predictions that no run here awaits.
func (k *Keeper) Others() int {
	n := len(k.Orphans) + k.Foreign
	for _, l := range k.Lost {
		n += l.N
	}
	return n
}

// Doubts counts what a look at Temporal or at the provider may change.
func (k *Keeper) Doubts() int {
	n := k.Others() + k.Refused
	for _, h := range k.Holders {
		if h.Gone {
			n++
		}
	}
	return n
}

// Paused reports whether nothing may be submitted.
func (k *Keeper) Paused() bool {
	limit, limited := k.Limits.Of(Running)
	return limited && limit == 0
}

// Used is how much of a pool is used, as far as runs have told.
func (k *Keeper) Used(p Pool, now time.Time) int {
	n := 0
	if p == Running {
		n = len(k.Orphans)
		for _, h := range k.Holders {
			n += h.Report.Running
		}
		return n
	}
	for _, c := range k.Cooling {
		n += c.Recent.Count(p, now)
	}
	for _, h := range k.Holders {
		n += h.Report.Recent.Count(p, now)
	}
	return n
}

// Waiting is how many submits wait at the account, as far as runs have told.
func (k *Keeper) Waiting(now time.Time) int {
	n := 0
	for _, h := range k.Holders {
		n += h.blockedBy(h.Lease, now)
	}
	return n
}
