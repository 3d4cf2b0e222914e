package engine

import (
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// collect takes over what a child has made. What it has not started goes back in the queue.
func (f *fan) collect(ctx workflow.Context, items []*item, result ChunkResult) {
	byIndex := make(map[int]pipeline.ItemResult, len(result.Items))
	for _, made := range result.Items {
		byIndex[made.Index] = made
	}
	var left []*item
	for _, item := range items {
		made := byIndex[item.index]
		f.account(made)
		if made.State.Ended() {
			f.takeOver(item, made)
			continue
		}
		item.needs = 0
		left = append(left, item)
		if len(made.Generations) > 0 {
			f.s.earlier[item.key] = supersede(f.s.earlier[item.key], made.Generations)
		}
	}
	f.giveBack(left)
	if f.r.budget != nil && result.Needs > 0 && len(left) > 0 {
		left[0].needs = result.Needs
		f.r.budget.Expect(f.s.Model, result.Needs)
	}
	if f.failed > f.tolerated {
		f.stop(ctx)
	}
	f.r.show(ctx)
}

// takeOver takes over what became of one item.
func (f *fan) takeOver(item *item, made pipeline.ItemResult) {
	item.state, item.reason, item.generations = made.State, made.Reason, made.Generations
	item.kept = made.Last().Kept
	if item.state == pipeline.StepCompleted {
		f.completed++
	} else {
		f.failed++
	}
}

// account adds what was paid for an item.
func (f *fan) account(made pipeline.ItemResult) {
	for _, status := range made.Generations {
		f.learn(status)
		usd, known := status.Price()
		f.s.spent = f.s.spent.Add(usd)
		f.s.priced = f.s.priced || known
		f.s.attempts += submits(status)
	}
}

// learn notes what the model's submits cost.
func (f *fan) learn(status generation.Status) {
	for _, attempt := range status.Attempts {
		if attempt.Price != nil && f.r.budget != nil {
			f.r.budget.Expect(status.Model, *attempt.Price)
		}
	}
}

// counts account for every item.
func (f *fan) counts() pipeline.Counts {
	counts := pipeline.Counts{Total: len(f.s.items), Completed: f.completed, Failed: f.failed}
	for _, c := range f.live {
		counts.Completed += c.progress.Completed
		counts.Failed += c.progress.Failed
		counts.Running += c.running()
	}
	counts.Waiting = counts.Total - counts.Completed - counts.Failed - counts.Running
	for _, item := range f.s.items {
		if item.kept && !f.s.made[item.key] {
			counts.Kept++
		}
	}
	return counts
}

// listen takes in what children report of themselves.
func (r *run) listen(ctx workflow.Context) {
	channel := workflow.GetSignalChannel(ctx, runwire.ProgressSignal)
	workflow.GoNamed(ctx, "progress", func(ctx workflow.Context) {
		for {
			var report Progress
			channel.Receive(ctx, &report)
			r.note(report)
			r.show(ctx)
		}
	})
}

// note takes a report that says more than the one before: they may come in any order.
func (r *run) note(report Progress) {
	for _, s := range r.steps {
		if s.fan == nil {
			continue
		}
		for _, c := range s.fan.live {
			if c.WorkflowID == report.WorkflowID && report.follows(c.progress) && report.ended() <= len(c.items) {
				c.progress = report
			}
		}
	}
}
