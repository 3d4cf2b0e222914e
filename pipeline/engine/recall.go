package engine

import (
	"cmp"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

const (
	recallTimeout = time.Minute
	recallPeriod  = 30 * time.Minute

	// pageBytes and pageChildren bound a page of results.
	pageBytes    = 400 << 10
	pageChildren = 4
)

// recall reads what the earlier run has made, if there is one, and keeps what need not be
// made again.
func (r *run) recall(ctx workflow.Context) error {
	resume := r.in.Resume
	if resume == nil {
		return nil
	}
	redo := []string{}
	if resume.From != "" {
		redo = append(r.plan.After(resume.From), resume.From)
	}
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    recallTimeout,
		ScheduleToCloseTimeout: recallPeriod,
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: time.Second, MaximumInterval: 20 * time.Second},
		Summary:                "reads what the earlier run has made",
	})
	earlier := r.resumed(ctx)
	in := pipeline.RecallInput{WorkflowID: earlier.WorkflowID, RunID: earlier.RunID}
	for {
		var page pipeline.Page
		if err := workflow.ExecuteActivity(ctx, pipeline.RecallName, in).Get(ctx, &page); err != nil {
			return err
		}
		for _, results := range page.Steps {
			r.takeBack(results, slices.Contains(redo, results.ID))
		}
		if page.Next == nil {
			break
		}
		in.Cursor = *page.Next
	}
	for _, id := range workflow.DeterministicKeys(resume.Input) {
		s := r.step(id)
		s.input = merged(s.input, resume.Input[id])
	}
	r.recalled = true
	return nil
}

// resumed is the run that this one resumes.
func (r *run) resumed(ctx workflow.Context) pipeline.Child {
	return pipeline.Child{
		WorkflowID: cmp.Or(r.in.Resume.WorkflowID, workflow.GetInfo(ctx).WorkflowExecution.ID), RunID: r.in.Resume.RunID,
	}
}

// takeBack gives a step what an earlier run has of it; of one that is to be made anew,
// only what was changed in its input.
func (r *run) takeBack(results pipeline.StepResults, anew bool) {
	if r.plan.Step(results.ID) == nil {
		return
	}
	s := r.step(results.ID)
	s.input = merged(s.input, results.Input)
	if results.ItemInput != nil {
		s.itemInput = results.ItemInput
	}
	if anew {
		return
	}
	if results.Approval != nil {
		s.decided = results.Approval
	}
	for _, item := range results.Items {
		key := item.Key
		if s.Kind() != pipeline.KindForEach {
			key = ""
		}
		for _, status := range item.Generations {
			if !r.in.Resume.ResubmitUnknown || status.PredictionID() != "" {
				s.earlier[key] = append(s.earlier[key], status)
			}
		}
	}
}

// page is a part of what the run has made, from a place on.
func (r *run) page(ctx workflow.Context, from pipeline.Cursor) pipeline.Page {
	if r.in.Resume != nil && !r.recalled {
		earlier := r.resumed(ctx)
		return pipeline.Page{Before: &earlier}
	}
	var page pipeline.Page
	room := pageBytes
	for _, s := range r.steps {
		if from.Step != "" && s.ID != from.Step {
			continue
		}
		if room <= 0 {
			page.Next = &pipeline.Cursor{Step: s.ID}
			return page
		}
		results, next := r.results(ctx, s, from.Item, &room)
		page.Steps = append(page.Steps, results)
		if next > 0 {
			page.Next = &pipeline.Cursor{Step: s.ID, Item: next}
			return page
		}
		from = pipeline.Cursor{}
	}
	return page
}

// results are a step's, from an item on, as many as there is room for; next is where they
// go on, 0 for nowhere.
func (r *run) results(ctx workflow.Context, s *step, from int, room *int) (results pipeline.StepResults, next int) {
	results = pipeline.StepResults{ID: s.ID}
	if from == 0 {
		results.Input, results.ItemInput, results.Approval = s.input, s.itemInput, s.approval
		if s.approval == nil {
			results.Approval = s.decided
		}
		if s.fan != nil {
			for _, c := range s.fan.live {
				results.Children = append(results.Children, c.Child)
				*room -= pageBytes / pageChildren
			}
		}
	}
	m := r.maker(s)
	for i := from; i < len(s.items); i++ {
		result := m.result(ctx, s.items[i], r.nameOf(s, s.items[i]))
		if len(result.Generations) == 0 {
			result.Generations = s.earlier[s.items[i].key]
		}
		if len(result.Generations) == 0 && result.State != pipeline.StepFailed {
			continue
		}
		results.Items = append(results.Items, result)
		if *room -= weigh(result); *room <= 0 && i+1 < len(s.items) {
			return results, i + 1
		}
	}
	results.Items = append(results.Items, s.unused()...)
	return results, 0
}

// unused are results of earlier runs that the step had no use for, for instance since it
// has not begun: a run that resumes this one is to have them too.
func (s *step) unused() []pipeline.ItemResult {
	used := make(map[string]bool, len(s.items))
	for _, item := range s.items {
		used[item.key] = true
	}
	var items []pipeline.ItemResult
	for _, key := range workflow.DeterministicKeys(s.earlier) {
		if !used[key] {
			items = append(items, pipeline.ItemResult{Key: key, State: pipeline.StepWaiting, Generations: s.earlier[key]})
		}
	}
	return items
}

func (r *run) nameOf(s *step, item *item) string {
	if s.Kind() == pipeline.KindForEach {
		return itemName(s.ID, item.key)
	}
	return s.ID
}
