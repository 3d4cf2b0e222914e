package engine

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runview"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// collect takes over a child's results. Items that it has not started go back into the queue.
func (f *fan) collect(ctx workflow.Context, items []*item, result ChunkResult) {
	byIndex := make(map[int]pipeline.ItemResult, len(result.Items))
	for _, made := range result.Items {
		byIndex[made.Index] = made
	}
	var left []*item
	for _, item := range items {
		made := byIndex[item.index]
		f.learn(made.Generations)
		f.s.made.add(item.key, f.s.round, made.Generations)
		if runview.Ended(made.State) {
			item.state, item.reason, item.generations = made.State, made.Reason, made.Generations
			if item.state != pipeline.StateCompleted {
				f.failed++
			}
			continue
		}
		item.uncovered = 0
		left = append(left, item)
	}
	f.giveBack(left)
	if f.r.budget != nil && result.Uncovered > 0 && len(left) > 0 {
		left[0].uncovered = result.Uncovered
		f.r.budget.Expect(f.s.Model, result.Uncovered)
	}
	if f.failed > f.tolerated {
		f.stop(ctx)
	}
	f.r.show(ctx)
}

// learn records the cost of the model's submits.
func (f *fan) learn(made []generation.Status) {
	for _, status := range made {
		for _, attempt := range status.Attempts {
			if attempt.Price != nil && f.r.budget != nil {
				f.r.budget.Expect(status.Model, *attempt.Price)
			}
		}
	}
}

// listen receives progress reports from children.
func (r *run) listen(ctx workflow.Context) {
	channel := workflow.GetSignalChannel(ctx, runwire.ProgressSignal)
	workflow.GoNamed(ctx, "progress", func(ctx workflow.Context) {
		for {
			var report Progress
			channel.Receive(ctx, &report)
			r.note(ctx, report)
			r.show(ctx)
		}
	})
}

// note accepts a report that is newer than the last, because they may arrive in any order.
func (r *run) note(ctx workflow.Context, report Progress) {
	for _, s := range r.steps {
		if s.fan == nil {
			continue
		}
		for _, c := range s.fan.live {
			if c.WorkflowID == report.WorkflowID && report.follows(c.progress) && report.ended() <= len(c.items) {
				changed := !slices.Equal(c.progress.Unpaid, report.Unpaid)
				c.progress = report
				if changed {
					r.tell(ctx)
				}
			}
		}
	}
}
