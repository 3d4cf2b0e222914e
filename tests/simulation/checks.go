package simulation

import (
	"slices"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/input"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/simulation/provider"
)

// judge compares the outcome of each job with the ledger.
func (w *world) judge(jobs []*job) {
	if len(w.server.Failures) > 0 {
		w.find("%d tasks failed, the first: %s", len(w.server.Failures), w.server.Failures[0])
	}
	for _, j := range jobs {
		if !w.over(j) {
			w.find("%s has not ended after %v", j.id, horizon)
			continue
		}
		endings := w.endings(j)
		for _, e := range endings {
			w.tally(e)
		}
		if w.mayBeDeceived() {
			continue // the group that took it leaves one of ours without an owner
		}
		for _, g := range groups(j) {
			w.checkBilling(g)
			w.checkResults(g, endings)
		}
		w.checkPipeline(j, endings)
		for _, e := range endings {
			w.checkAttempts(e)
			w.checkError(e)
		}
	}
	if w.mayBeDeceived() {
		w.counts["seeds with a leaked address"]++
	}
}

// mayBeDeceived tells whether somebody else's prediction was delivered to the address of an
// unknown submit, which had leaked, and nothing showed that it was somebody else's. That is
// beyond what anybody can tell.
func (w *world) mayBeDeceived() bool {
	return slices.ContainsFunc(w.books.deliveries, func(d *delivery) bool {
		if !d.entry.Foreign {
			return false
		}
		o := w.oracleAt(d.at)
		return slices.Contains(o.unknown, d.nonce) && !o.excluded(d.nonce, d.entry)
	})
}

// group is what a job asks for in the same words: nobody can tell one from the other, and
// runs may take up one for the other.
type group struct {
	job  *job
	keys []string
}

func groups(j *job) []*group {
	var all []*group
	same := make(map[string]*group)
	for _, r := range j.requests {
		asked, err := input.Encode(r.Input)
		must(err)
		id := r.Model + string(asked)
		if same[id] == nil {
			same[id] = &group{job: j}
			all = append(all, same[id])
		}
		same[id].keys = append(same[id].keys, r.Key)
	}
	return all
}

// has tells whether the group submitted the entry.
func (g *group) has(e *provider.Entry) bool {
	o, ours := e.Owner.(owner)
	return ours && o.Workflow == g.job.id && slices.Contains(g.keys, o.Key)
}

// counted are the group's entries that nothing excuses: neither a reset to before their
// nonce nor an acceptance later than anybody waits.
func (w *world) counted(g *group) (entries []*provider.Entry) {
	for _, e := range w.provider.Ledger {
		if g.has(e) && !w.books.forgotten[e.Owner.(owner).Nonce] && !e.Late {
			entries = append(entries, e)
		}
	}
	return entries
}

// checkBilling checks that each generation is billed once. A failed one may be submitted again
// after its failure.
func (w *world) checkBilling(g *group) {
	entries := w.counted(g)
	open := 0
	for i, e := range entries {
		if e.Status == "failed" {
			continue
		}
		open++
		if open > len(g.keys) {
			w.find("%s of %s is billed twice: %s", g.keys, g.job.id, ids(entries))
			return
		}
		if len(g.keys) > 1 {
			continue
		}
		for _, earlier := range entries[:i] {
			if earlier.Status == "failed" && earlier.Ends.After(e.Posted) {
				w.find("%s of %s is submitted again as %s before %s had failed", g.keys, g.job.id, e.ID, earlier.ID)
			}
		}
	}
}

func ids(entries []*provider.Entry) (ids []string) {
	for _, e := range entries {
		ids = append(ids, e.ID)
	}
	return ids
}

// checkResults checks that each result is one that the group paid for, and that no two are the
// same.
func (w *world) checkResults(g *group, endings []ending) {
	taken := make(map[string]bool)
	for _, e := range endings {
		if e.ErrorType != "" || !slices.Contains(g.keys, e.Key) {
			continue
		}
		id := e.Result.PredictionID
		entry := w.provider.Find(id)
		switch {
		case entry != nil && entry.Late: // it was absent by all that anybody could know
		case entry == nil || !g.has(entry):
			w.find("%s of %s completed with %s, which is not its own", e.Key, g.job.id, id)
		case taken[id]:
			w.find("%s of %s completed with %s, as another one did", e.Key, g.job.id, id)
		case entry.Status != "completed" || e.Result.URL(0) != entry.Output() || len(e.Result.Outputs) != 1:
			w.find("%s of %s completed with outputs that are not those of %s", e.Key, g.job.id, id)
		}
		taken[id] = true
	}
}

// checkAttempts checks that the recorded state of each submit is true.
func (w *world) checkAttempts(e ending) {
	for _, a := range e.status.Attempts {
		accepted := w.books.entries[a.Nonce]
		if a.State == generation.StateAbsent && len(accepted) > 0 && !accepted[0].Late {
			w.find("%s of %s: attempt %d is said to be absent, and is %s", e.Key, e.job.id, a.Number, accepted[0].ID)
		}
		if a.PredictionID == "" {
			continue
		}
		entry := w.provider.Find(a.PredictionID)
		o, ours := owner{}, false
		if entry != nil {
			o, ours = entry.Owner.(owner)
		}
		if (!ours || o.Workflow != e.job.id) && (entry == nil || !entry.Late) {
			w.find("%s of %s: attempt %d took %s for its own", e.Key, e.job.id, a.Number, a.PredictionID)
		}
	}
}

// checkError checks that a generation failed only for a reason that occurred.
func (w *world) checkError(e ending) {
	switch e.ErrorType {
	case "", "canceled":
	case generation.ErrorTypeBudgetExceeded:
		if p := e.job.pipeline; p == nil || p.definition.Budget == nil || p.definition.Budget.USD >= p.cost {
			w.find("%s of %s failed for a budget that covers it: %s", e.Key, e.job.id, e.Message)
		}
	case generation.ErrorTypeSubmitUnknown:
		w.checkUndecided(e)
	case generation.ErrorTypePredictionFailed:
		entry := w.provider.Find(e.status.PredictionID())
		if entry == nil || entry.Status != "failed" {
			w.find("%s of %s is said to have failed, and %s did not", e.Key, e.job.id, e.status.PredictionID())
		}
	case generation.ErrorTypeDeadlineExceeded, generation.ErrorTypeRateLimited:
		if w.lateRefusal(e) {
			return
		}
		last := e.status.Attempts[len(e.status.Attempts)-1]
		if entry := w.provider.Find(last.PredictionID); entry == nil || entry.Ends.Before(last.Ended.Add(-time.Minute)) {
			w.find("%s of %s missed its deadline for no reason: %s", e.Key, e.job.id, e.Message)
		}
	default:
		w.find("%s of %s failed for no reason: %s", e.Key, e.job.id, e.Message)
	}
}

// lateRefusal tells whether the last submit was refused when no time was left for another.
func (w *world) lateRefusal(e ending) bool {
	attempts := e.status.Attempts
	first, last := attempts[0], attempts[len(attempts)-1]
	return last.PredictionID == "" && len(w.books.entries[last.Nonce]) == 0 && !last.Ended.Before(first.Started.Add(w.timeout-time.Minute))
}

// tally counts endings for the report.
func (w *world) tally(e ending) {
	if e.ErrorType == "" {
		w.counts["completed"]++
		return
	}
	w.counts[string(e.ErrorType)]++
}

// checkUndecided checks that a person is asked only if nothing could have told.
func (w *world) checkUndecided(e ending) {
	last := e.status.Attempts[len(e.status.Attempts)-1]
	if last.State == generation.StateAbsent {
		return // there was no time left to submit it again
	}
	for _, g := range groups(e.job) {
		if !slices.Contains(g.keys, e.Key) {
			continue
		}
		if why, ok := w.oracleAt(last.Ended).decidable(g, last.Nonce); ok {
			w.find("%s of %s is undecided, and could be told by %s (%s)", e.Key, e.job.id, why, e.Message)
		}
	}
}
