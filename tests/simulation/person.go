package simulation

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/usd"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// drawPolicy is what to do about unknown submits.
func (w *world) drawPolicy() generation.UnknownPolicy {
	if w.asks && w.people.chance(0.7) {
		return generation.AskUnknown
	}
	return generation.FailUnknown
}

// attend has a person look after the job, every few minutes.
func (w *world) attend(j *job) {
	visit := 0
	var look func()
	look = func() {
		visit++
		if runID, running := w.current(j); running {
			w.decide(j, runID, visit)
			if j.pipeline != nil && j.pipeline.definition.Budget != nil && visit > 4 {
				w.raise(j, runID, visit)
			}
		}
		w.After(w.people.between(2*time.Minute, 15*time.Minute), look)
	}
	w.After(w.begins+w.people.between(0, 5*time.Minute), look)
}

// decide tells the truth about a submit that is unknown, if there is one.
func (w *world) decide(j *job, runID string, visit int) {
	go func() {
		statuses, err := w.ask(j.id, runID)
		if err != nil {
			return
		}
		var found *generation.Resolution
		step := &call{key: "decide" + j.id, take: func(c *call) {
			found = w.truth(j, statuses)
			w.answer(c, nil)
		}}
		if w.enter(context.Background(), step) == nil && found != nil {
			w.update(j, runID, generation.ResolveUpdate, visit, *found)
		}
	}()
}

// truth is what the ledger says of the first submit of the job that is unknown. A person
// waits for a while before that.
func (w *world) truth(j *job, statuses []generation.Status) *generation.Resolution {
	for _, status := range statuses {
		if status.State != generation.StateUnknown || len(status.Attempts) == 0 {
			continue
		}
		last := status.Attempts[len(status.Attempts)-1]
		at := last.Started
		for _, s := range w.books.sent {
			if s.owner.Nonce == last.Nonce {
				at = s.at
			}
		}
		if last.PredictionID != "" || time.Since(at) < w.timing.Submit+w.timing.Settle {
			continue
		}
		truth := &generation.Resolution{Key: status.Key, Absent: true, By: "a person"}
		if accepted := w.books.entries[last.Nonce]; len(accepted) > 0 {
			truth.PredictionID, truth.Absent = accepted[0].ID, false
			if taken(statuses, truth.PredictionID) {
				continue
			}
		}
		w.Note("a person decides about %s of %s: %q", status.Key, j.id, truth.PredictionID)
		w.counts["decided by a person"]++
		return truth
	}
	return nil
}

// taken tells whether a generation has the prediction: one that asks for the same, then.
func taken(statuses []generation.Status, id string) bool {
	return slices.ContainsFunc(statuses, func(s generation.Status) bool {
		return slices.ContainsFunc(s.Attempts, func(a *generation.Attempt) bool { return a.PredictionID == id })
	})
}

// raise sets a budget that is enough.
func (w *world) raise(j *job, runID string, visit int) {
	enough := usd.Times(j.pipeline.cost, 3)
	j.pipeline.limits = append(j.pipeline.limits, limit{time.Now(), enough})
	w.Note("the budget of %s is raised to %s", j.id, enough)
	go w.update(j, runID, wire.RunBudgetUpdate, visit, enough)
}

// update is tried once: at the next visit there will be another.
func (w *world) update(j *job, runID, name string, visit int, arg any) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	_, err := w.operator.client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		UpdateID: fmt.Sprintf("%s/%d", name, visit), WorkflowID: j.id, RunID: runID, UpdateName: name, Args: []any{arg},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err != nil && strings.Contains(err.Error(), "is another generation's") {
		_ = w.enter(context.Background(), &call{key: "refused" + j.id, take: func(c *call) {
			w.find("%s: the truth was refused: %v", j.id, err)
			w.answer(c, nil)
		}})
	}
}

// readResults reads what a pipeline has made, as often as it takes.
func (w *world) readResults(j *job, runID string) {
	go func() {
		for {
			results, err := w.results(j.id, runID)
			step := &call{key: "results" + j.id, take: func(c *call) {
				if err == nil {
					j.pipeline.results = results
					j.pending--
				}
				w.answer(c, nil)
			}}
			if w.enter(context.Background(), step) != nil || err == nil || w.overDuring(5*time.Second) {
				return
			}
		}
	}()
}

func (w *world) results(id, runID string) (results []runwire.StepResults, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var from runwire.Cursor
	for {
		answer, err := w.operator.client.QueryWorkflow(ctx, id, runID, wire.RunResultsQuery, from)
		if err != nil {
			return nil, err
		}
		var page runwire.Page
		if err := answer.Get(&page); err != nil {
			return nil, err
		}
		results = append(results, page.Steps...)
		if page.Next == nil {
			return results, nil
		}
		from = *page.Next
	}
}
