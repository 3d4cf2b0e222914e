package simulation

import (
	"fmt"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/simulation/provider"
)

// checkOvershoot checks that no more of our predictions ran at once than the limit, and that no
// more were accepted within a minute. Those do not count that were submitted while the keeper was
// away, those of submits that were unknown for a while, and those of runs that were reset.
func (w *world) checkOvershoot() {
	limits := w.limits[generation.DefaultAccount]
	ours := slices.DeleteFunc(slices.Clone(w.provider.Ledger), func(e *provider.Entry) bool { return !w.leased(e) })
	if len(ours) == 0 || limits.Running == 0 {
		return
	}
	w.counts[overshootChecked]++
	if i := slices.IndexFunc(ours, isLate); i > limits.Running {
		w.counts["seeds with more predictions than slots"]++
	}
	w.checkTogether(ours, "run", limits.Running, func(e *provider.Entry) time.Time { return e.Ends })
	if limits.PerMinute > 0 {
		w.counts["seeds checked for submits per minute"]++
		w.checkTogether(ours, "were accepted within a minute", limits.PerMinute, func(e *provider.Entry) time.Time { return e.Accepted.Add(time.Minute) })
	}
}

// checkTogether checks that at most so many count at once.
func (w *world) checkTogether(ours []*provider.Entry, do string, limit int, until func(*provider.Entry) time.Time) {
	for _, last := range ours {
		var together []*provider.Entry
		for _, e := range ours {
			if !e.Accepted.After(last.Accepted) && until(e).After(last.Accepted) {
				together = append(together, e)
			}
		}
		if len(together) > limit {
			w.find("%d predictions %s, and the limit is %d: %s", len(together), do, limit, w.times(together))
			return
		}
	}
}

// times shows when predictions ran.
func (w *world) times(entries []*provider.Entry) string {
	var texts []string
	since := func(t time.Time) float64 { return t.Sub(w.begun).Seconds() }
	for _, e := range entries {
		texts = append(texts, fmt.Sprintf("%s of %v from %.3fs to %.3fs", e.ID, e.Owner, since(e.Accepted), since(e.Ends)))
	}
	return strings.Join(texts, ", ")
}

// leased tells whether a prediction is of a submit that had a slot, and whose answer reached its
// run. A run that was reset may use slots that it had before, and that others have got since.
func (w *world) leased(e *provider.Entry) bool {
	o, ours := e.Owner.(owner)
	return ours && o.Leased && !e.Late && !w.books.resets[o.Run] && w.answered(o)
}

// answered tells whether the run's history has the answer to the submit.
func (w *world) answered(o owner) bool {
	for _, r := range w.server.Runs(o.Workflow) {
		if r.RunID != o.Run {
			continue
		}
		scheduled := int64(-1)
		for _, event := range r.History {
			switch event.GetEventType() {
			case enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
				if event.GetActivityTaskScheduledEventAttributes().GetActivityId() == o.Activity {
					scheduled = event.GetEventId()
				}
			case enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
				if event.GetActivityTaskCompletedEventAttributes().GetScheduledEventId() == scheduled {
					return true
				}
			}
		}
	}
	return false
}
