package engine

import (
	"slices"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/record"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/usd"
)

// journal contains all known results of a step: those of this run, of its children and of
// earlier runs. Entries are added and never removed. Regenerated results are marked, and the
// mark is removed if the regeneration fails.
type journal struct {
	entries []*entry
	items   map[string][]*entry // by item, the oldest first
	sum     tally               // of this run
}

// entry is one result of an item: a generation, or several with fallbacks. The last of them
// determines the item's outcome.
type entry struct {
	item     string
	made     []generation.Status
	own      bool // of this run, or of a child
	round    int  // the regeneration that it belongs to; 0 before the first
	replaced int  // the regeneration that replaces it; 0 for none
	undone   bool // it belongs to a regeneration that failed
}

// earlierRound marks results that were replaced before the first round.
const earlierRound = -1

// add records an item's result in this run.
func (j *journal) add(item string, round int, made []generation.Status) {
	if len(made) > 0 {
		e := &entry{item: item, made: made, own: true, round: round}
		j.keep(e, append(j.items[item], e))
		j.sum.add(made)
	}
}

// recall records an item's results from earlier runs. They are older than all recorded ones.
func (j *journal) recall(item string, made []generation.Status, replaced int) {
	if len(made) > 0 {
		e := &entry{item: item, made: made, replaced: replaced}
		j.keep(e, append([]*entry{e}, j.items[item]...))
	}
}

func (j *journal) keep(e *entry, ofItem []*entry) {
	if j.items == nil {
		j.items = make(map[string][]*entry)
	}
	j.entries, j.items[e.item] = append(j.entries, e), ofItem
}

// replace marks an item's results as replaced.
func (j *journal) replace(item string, round int) {
	for _, e := range j.items[item] {
		if e.replaced == 0 {
			e.replaced = round
		}
	}
}

// undo reverts a round, and those after it. Their results are kept, but count less than the
// earlier ones.
func (j *journal) undo(round int) {
	for _, e := range j.entries {
		switch {
		case e.round >= round:
			e.undone = true
		case e.replaced >= round:
			e.replaced = 0
		}
	}
}

// current returns the generations of an item that need not be regenerated, the deciding one
// last.
func (j *journal) current(item string) (all []generation.Status) {
	for _, undone := range []bool{true, false} {
		for _, e := range j.items[item] {
			if e.replaced == 0 && e.undone == undone {
				all = supersede(all, e.made)
			}
		}
	}
	return all
}

// replaced returns the generations that people regenerated.
func (j *journal) replaced(item string) (all []generation.Status) {
	for _, e := range j.items[item] {
		if e.replaced != 0 {
			all = supersede(all, e.made)
		}
	}
	return all
}

// supersede gives newer generations, and before them the older ones that asked for something
// else.
func supersede(older, newer []generation.Status) []generation.Status {
	var all []generation.Status
	for _, status := range older {
		if !slices.ContainsFunc(newer, func(n generation.Status) bool { return n.Fingerprint == status.Fingerprint }) {
			all = append(all, status)
		}
	}
	return append(all, newer...)
}

// all are all generations, whatever became of them.
func (j *journal) all() (all []generation.Status) {
	for _, e := range j.entries {
		all = append(all, e.made...)
	}
	return all
}

// keys are the items of which there is something, in the order of their names.
func (j *journal) keys() []string {
	keys := make([]string, len(j.entries))
	for i, e := range j.entries {
		keys[i] = e.item
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// fresh tells whether something was made in this run, and not only kept: of one of some
// entries.
func fresh(entries []*entry) bool {
	return slices.ContainsFunc(entries, func(e *entry) bool { return e.own && !e.made[len(e.made)-1].Kept })
}

// tally is what generations come to.
type tally struct {
	usd      generation.USD
	priced   bool // the price of one at least is known
	attempts int
	bytes    int
}

func (t *tally) add(statuses []generation.Status) {
	for _, status := range statuses {
		price, known := record.Price(status)
		t.usd, t.priced = usd.Add(t.usd, price), t.priced || known
		if !status.Kept {
			t.attempts += len(status.Attempts)
		}
	}
	t.bytes += generationBytes(statuses)
}
