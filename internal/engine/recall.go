package engine

import (
	"cmp"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

const (
	recallTimeout = time.Minute
	recallPeriod  = 30 * time.Minute

	// pageBytes limits a page of results.
	pageBytes = 400 << 10
)

// recall reads the results of the earlier run, if there is one, and keeps those that need not
// be regenerated.
func (r *run) recall(ctx workflow.Context) error {
	resume := r.in.Resume
	if resume == nil {
		return nil
	}
	redo := []string{}
	if resume.From != "" {
		redo = append(r.plan.After(resume.From), resume.From)
	}
	pages, err := recalled(ctx, r.resumed(ctx))
	if err != nil {
		return err
	}
	for _, page := range pages {
		for _, results := range page.Steps {
			r.takeBack(results, slices.Contains(redo, results.ID))
		}
	}
	for _, id := range workflow.DeterministicKeys(resume.Input) {
		r.step(id).change(resume.Input[id])
	}
	r.recalled = true
	return nil
}

// recalled returns all results of an ended workflow.
func recalled(ctx workflow.Context, of runwire.Child) ([]runwire.Page, error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    recallTimeout,
		ScheduleToCloseTimeout: recallPeriod,
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: time.Second, MaximumInterval: 20 * time.Second},
		Summary:                "reads what the earlier run has made",
	})
	in := runwire.RecallInput{WorkflowID: of.WorkflowID, RunID: of.RunID}
	var pages []runwire.Page
	for {
		var page runwire.Page
		if err := workflow.ExecuteActivity(ctx, runwire.RecallName, in).Get(ctx, &page); err != nil {
			return pages, err
		}
		pages = append(pages, page)
		if page.Next == nil {
			return pages, nil
		}
		in.Cursor = *page.Next
	}
}

// known returns all generations that the earlier run has started.
func (r *run) known() []generation.Status {
	var known []generation.Status
	for _, s := range r.steps {
		known = append(known, s.made.all()...)
	}
	return known
}

// resumed is the run that this one resumes.
func (r *run) resumed(ctx workflow.Context) runwire.Child {
	return runwire.Child{
		WorkflowID: cmp.Or(r.in.Resume.WorkflowID, workflow.GetInfo(ctx).WorkflowExecution.ID), RunID: r.in.Resume.RunID,
	}
}

// takeBack gives a step its results from an earlier run. Results that were, or will be,
// regenerated are only kept for later runs.
func (r *run) takeBack(results runwire.StepResults, anew bool) {
	if r.plan.Step(results.ID) == nil {
		return
	}
	s := r.step(results.ID)
	if !r.in.Resume.DropChanges {
		s.input = merged(s.input, results.Input)
		if results.ItemInput != nil { // only on the first of a step's pages
			s.itemInput = results.ItemInput
		}
	}
	if results.Approval != nil && !anew {
		s.decided = results.Approval
	}
	for _, item := range results.Items {
		key := item.Key
		if s.Kind() != plan.KindForEach {
			key = ""
		}
		made := slices.DeleteFunc(item.Generations, func(status generation.Status) bool {
			return r.in.Resume.ResubmitUnknown && status.PredictionID() == ""
		})
		if r.in.Resume.DropChanges {
			made, item.Replaced = supersede(item.Replaced, made), nil
		}
		// A child's own results come first, and are newer than what its run knew.
		s.made.recall(key, made, 0)
		s.made.recall(key, item.Replaced, earlierRound)
		if anew {
			s.made.replace(key, earlierRound)
		}
	}
}

// page returns a part of the run's results, starting at a cursor.
func (r *run) page(ctx workflow.Context, from runwire.Cursor) runwire.Page {
	if r.in.Resume != nil && !r.recalled {
		earlier := r.resumed(ctx)
		return runwire.Page{Before: &earlier}
	}
	var page runwire.Page
	room := pageBytes
	for _, s := range r.steps {
		if from.Step != "" && s.ID != from.Step {
			continue
		}
		if room <= 0 {
			page.Next = &runwire.Cursor{Step: s.ID}
			return page
		}
		results, next := r.results(ctx, s, from, &room)
		page.Steps = append(page.Steps, results)
		if next != nil {
			page.Next = next
			return page
		}
		from = runwire.Cursor{}
	}
	return page
}

// results returns a step's results from a position on, as many as fit. next is where they
// continue, nil at the end. Each child has a page of its own for its results.
func (r *run) results(ctx workflow.Context, s *step, from runwire.Cursor, room *int) (results runwire.StepResults, next *runwire.Cursor) {
	results = runwire.StepResults{ID: s.ID}
	if from.Child == 0 && from.Item == 0 {
		results.Input, results.ItemInput, results.Approval = s.input, s.itemInput, s.approval
		if s.approval == nil {
			results.Approval = s.decided
		}
		*room -= recordBytes(results)
	}
	if children := s.open(); from.Item == 0 && from.Child < len(children) {
		results.Children = children[from.Child : from.Child+1]
		return results, &runwire.Cursor{Step: s.ID, Child: from.Child + 1}
	}
	used := make(map[string]bool, len(s.items))
	for _, item := range s.items {
		used[item.key] = true
	}
	unused := slices.DeleteFunc(s.made.keys(), func(key string) bool { return used[key] })
	for i := from.Item; i < len(s.items)+len(unused); i++ {
		if *room <= 0 {
			return results, &runwire.Cursor{Step: s.ID, Child: len(s.open()) + 1, Item: i}
		}
		result := pipeline.ItemResult{}
		if i < len(s.items) {
			item := s.items[i]
			result = s.result(ctx, item)
			result.Generations, result.Replaced = supersede(s.made.current(item.key), result.Generations), s.made.replaced(item.key)
		} else {
			key := unused[i-len(s.items)]
			result = pipeline.ItemResult{Key: key, State: pipeline.StateWaiting, Generations: s.made.current(key), Replaced: s.made.replaced(key)}
		}
		if len(result.Generations)+len(result.Replaced) == 0 && result.State != pipeline.StateFailed {
			continue
		}
		results.Items = append(results.Items, result)
		*room -= recordBytes(result)
	}
	return results, nil
}

// open returns children whose results the run has not taken over.
func (s *step) open() []runwire.Child {
	open := slices.Clone(s.lost)
	if s.fan != nil {
		for _, c := range s.fan.live {
			open = append(open, c.Child)
		}
	}
	return open
}
