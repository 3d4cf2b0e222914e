package quota

import (
	"cmp"
	"slices"
	"time"
)

const (
	// lostFor is how long predictions count at least that a run may have had when it ended, if it
	// can't be asked which they are. After that, the provider's list tells.
	lostFor = 10 * time.Minute

	// postedFor is how long a submit may still be under way after its workflow has ended.
	postedFor = 3 * time.Minute
)

// Suspect takes note that a run can't be reached. Its slots stay in use until [Keeper.Bury].
func (k *Keeper) Suspect(runID string) {
	if h := k.holder(runID); h != nil {
		h.Gone = true
	}
}

// Repeat has a run get its lease again, since it may not have got the latest.
func (k *Keeper) Repeat(runID string) {
	if h := k.holder(runID); h != nil {
		h.Probe = true
	}
}

// Silent returns up to n runs that can't be reached, or were not heard of since then, first those
// that have slots, and others the next time.
func (k *Keeper) Silent(since time.Time, n int) (silent []*Holder) {
	next, _ := slices.BinarySearchFunc(k.Holders, k.Cursor+1, func(h *Holder, arrived int) int { return cmp.Compare(h.Arrived, arrived) })
	for _, wanted := range []func(h *Holder) bool{
		func(h *Holder) bool { return h.Gone },
		func(h *Holder) bool { return !h.Gone && !h.Heard.After(since) && h.held() > 0 },
		func(h *Holder) bool { return !h.Gone && !h.Heard.After(since) && h.held() == 0 },
	} {
		for i := range k.Holders {
			h := k.Holders[(next+i)%len(k.Holders)]
			if len(silent) == n {
				return silent
			}
			if wanted(h) {
				silent = append(silent, h)
				k.Cursor = h.Arrived
			}
		}
	}
	return silent
}

// Recovered is called for what an earlier keeper knew, since much may have happened since.
func (k *Keeper) Recovered() {
	k.Version = Version
	for _, h := range k.Holders {
		h.Probe = true
	}
}

// Grave is a run that has ended without a word.
type Grave struct {
	RunID string `json:"run_id"`

	// Known is set if the run could be asked what it had: the predictions that may still run, and
	// the number of submits that had no answer.
	Known   bool     `json:"known,omitempty"`
	Orphans []string `json:"orphans,omitempty"`
	Posting int      `json:"posting,omitempty"`

	// ResetTo is the run that goes on in its place, if it was reset.
	ResetTo string `json:"reset_to,omitempty"`
}

// Bury frees the slots of a run that has ended, but for those that its predictions need.
func (k *Keeper) Bury(now time.Time, g Grave) {
	h := k.holder(g.RunID)
	if h == nil {
		return
	}
	if g.ResetTo != "" && k.holder(g.ResetTo) == nil {
		k.move(now, h, g.ResetTo)
		return
	}
	switch {
	case !g.Known:
		if n := min(h.held(), h.Report.Running+h.Report.InLine()); n > 0 {
			k.Lost = append(k.Lost, Lost{n, now.Add(max(lostFor, 4*k.mean()))})
		}
	case g.Posting > 0:
		k.Lost = append(k.Lost, Lost{g.Posting, now.Add(postedFor)})
	}
	for _, id := range g.Orphans {
		if !slices.Contains(k.Orphans, id) {
			k.Orphans = append(k.Orphans, id)
		}
	}
	for _, p := range Minutely { // submits that it has not told of
		if n := h.heldStarts(p, now) - h.Report.Recent.Count(p, now); n > 0 {
			h.Report.Recent = append(h.Report.Recent, Started{now, kindIn(p), n})
		}
	}
	k.remove(h)
}

// move gives all that a run had to the one that it was reset to. That goes on with what was leased
// before, without a word, so it is told something that it has to answer.
func (k *Keeper) move(now time.Time, h *Holder, runID string) {
	delete(k.holders, h.Report.RunID)
	h.Report.RunID, k.holders[runID] = runID, h
	h.Gone, h.Moved, h.Probe, h.Heard = false, true, true, now
	h.Lease.Seq++ // one is missing for the run
}

// forgetMoved forgets runs that have not answered since a reset. They have not submitted anything
// again.
func (k *Keeper) forgetMoved(now time.Time) {
	for _, h := range slices.Clone(k.Holders) {
		if h.Moved && now.Sub(h.Heard) >= lostFor {
			k.remove(h)
		}
	}
}

// kindIn is a kind that counts in a pool, and in as few others as possible.
func kindIn(p Pool) Kind {
	switch p {
	case Images:
		return Image
	case Videos:
		return Video
	default:
		return Other
	}
}

// Buried takes note of orphans that have ended.
func (k *Keeper) Buried(ended []string) {
	k.Orphans = slices.DeleteFunc(k.Orphans, func(id string) bool { return slices.Contains(ended, id) })
}

// Ours is how many predictions of this namespace may run at the provider.
func (k *Keeper) Ours() int {
	n := k.Others() - k.Foreign
	for _, h := range k.Holders {
		n += min(h.held(), h.wants())
	}
	return n
}

// Seen takes note of how many predictions of the account ran at the provider, while at most so
// many were ours.
func (k *Keeper) Seen(running, ours int) { k.Foreign = max(running-ours, 0) }

// MaxHolders is about how many runs a keeper can take along when it continues as new.
const MaxHolders = 20_000

// Trim forgets the last of those that have nothing and wait, if there are more than n. They hear
// nothing, ask after a while, and so come again.
func (k *Keeper) Trim(n int) {
	spare := len(k.Holders) - n
	if spare <= 0 {
		return
	}
	kept := make([]*Holder, 0, len(k.Holders))
	groups := make(map[string]bool)
	for _, h := range slices.Backward(k.Holders) {
		if spare > 0 && h.wantsOnly() {
			spare--
			continue
		}
		kept, groups[h.Report.Group] = append(kept, h), true
	}
	slices.Reverse(kept)
	k.Holders, k.holders = kept, nil
	k.Groups, k.groups = slices.DeleteFunc(k.Groups, func(g *Group) bool { return !groups[g.Name] }), nil
}

// wantsOnly reports whether the run has nothing that counts.
func (h *Holder) wantsOnly() bool {
	return !h.Gone && h.held() == 0 && len(h.Report.Posting) == 0 && len(h.Report.Recent) == 0 && len(h.Report.Abandoned) == 0
}
