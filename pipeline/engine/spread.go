package engine

import (
	"errors"
	"fmt"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/markdown"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

const (
	// chunkItems and chunkBytes bound what one child is handed; docs/performance.md has
	// what other sizes come to.
	chunkItems = 250
	chunkBytes = 512 << 10

	// maxLanes is how many children work at once.
	maxLanes = 4

	// maxSummaryBytes is the size up to which Temporal shows a summary.
	maxSummaryBytes = 200

	// maxChunkBytes is below Temporal's limit of 2 MiB for one payload.
	maxChunkBytes = 1_800_000
)

// fan is a step whose items are spread over children.
type fan struct {
	r         *run
	s         *step
	values    map[string]any
	queue     []*item
	perChunk  int
	lanes     int
	tolerated int
	live      []*child
	children  int // all that were started
	completed int // items of children that have ended
	failed    int
	holding   int     // lanes that wait for a larger budget
	needs     float64 // a price that a child's share did not cover
	changes   int
}

// child is one that works.
type child struct {
	pipeline.Child
	future   workflow.ChildWorkflowFuture
	items    []*item
	atOnce   int
	progress Progress
}

// running is how many of the child's items are in flight at most.
func (c *child) running() int {
	return min(len(c.items)-c.progress.ended(), c.atOnce)
}

// spread hands the items to children: lanes of them work at once, each with a part of
// what may be in flight.
func (r *run) spread(ctx workflow.Context, s *step, options workflows.ForEachOptions) error {
	chunks := (len(s.items) + chunkItems - 1) / chunkItems
	f := &fan{
		r: r, s: s, values: r.values(s.References()), queue: s.items, tolerated: options.Tolerate,
		perChunk: (len(s.items) + chunks - 1) / chunks,
		lanes:    min(maxLanes, chunks, options.MaxParallel),
	}
	s.fan = f
	var failure error
	group := workflow.NewWaitGroup(ctx)
	for lane := range f.lanes {
		atOnce := options.MaxParallel / f.lanes
		if lane < options.MaxParallel%f.lanes {
			atOnce++
		}
		group.Go(ctx, func(ctx workflow.Context) {
			if err := f.lane(ctx, atOnce); err != nil && failure == nil {
				failure = err
			}
		})
	}
	group.Wait(ctx)
	switch {
	case ctx.Err() != nil:
		return temporal.NewCanceledError()
	case f.failed > f.tolerated:
		return tooMany(s, f.failed, f.failed+f.completed, f.tolerated)
	default:
		return failure
	}
}

// lane has one child after the other work, until there is nothing left to begin.
func (f *fan) lane(ctx workflow.Context, atOnce int) error {
	for len(f.queue) > 0 && f.failed <= f.tolerated && ctx.Err() == nil {
		items := f.take()
		granted, err := f.grant(ctx, len(items))
		if err != nil || f.failed > f.tolerated {
			f.queue = append(items, f.queue...)
			f.settle(granted, 0)
			return err
		}
		result, err := f.hand(ctx, items, atOnce, granted)
		if err != nil {
			f.settle(granted, 0)
			return err
		}
		f.settle(granted, result.Spent)
		f.collect(ctx, items, result)
	}
	return nil
}

// take takes the next items off the queue, as many as one child is to have.
func (f *fan) take() []*item {
	n, bytes := 0, 0
	for n < len(f.queue) && n < f.perChunk {
		bytes += f.s.weight(f.queue[n])
		if n > 0 && bytes > chunkBytes {
			break
		}
		n++
	}
	items := f.queue[:n:n]
	f.queue = f.queue[n:]
	for _, item := range items {
		item.state = pipeline.StepRunning
	}
	return items
}

// grant takes a child's share out of the budget: what its items are expected to cost, as
// far as it is there. Without a budget it is nil.
func (f *fan) grant(ctx workflow.Context, items int) (*float64, error) {
	b := f.r.budget
	if b == nil {
		return nil, nil
	}
	for f.failed <= f.tolerated {
		each := max(b.Expected(f.s.Model), f.needs)
		want := each * float64(items)
		if each == 0 {
			want = b.Limit
		}
		if granted, ok := b.Grant(want, f.needs); ok {
			return &granted, nil
		}
		seen := f.changes
		switch {
		case len(f.live) > 0: // one of them may give something back
			if err := workflow.Await(ctx, func() bool { return f.changes != seen }); err != nil {
				return nil, temporal.NewCanceledError()
			}
		case !b.Wait:
			return nil, overBudget(f.s.ID, each, b)
		default:
			if err := f.hold(ctx, each); err != nil {
				return nil, err
			}
		}
	}
	return nil, nil
}

// hold waits for a larger budget.
func (f *fan) hold(ctx workflow.Context, price float64) error {
	f.holding++
	defer func() { f.holding-- }()
	f.r.show(ctx)
	if err := f.r.budget.Hold(ctx, price); err != nil {
		return temporal.NewCanceledError()
	}
	return nil
}

func (f *fan) settle(granted *float64, spent float64) {
	if granted != nil {
		f.r.budget.Settle(*granted, spent)
	}
	f.changes++
}

func overBudget(id string, price float64, b *workflows.Budget) error {
	return temporal.NewNonRetryableApplicationError(fmt.Sprintf(
		"step %s: an item of about $%.4f would pass the budget of $%.2f, of which $%.2f is spent; it was not submitted. Raise the budget and rerun",
		id, price, b.Limit, b.Spent()), generation.ErrBudgetExceeded, nil)
}

// hand has a child make the items, and waits for it.
func (f *fan) hand(ctx workflow.Context, items []*item, atOnce int, granted *float64) (ChunkResult, error) {
	in := f.chunk(items, atOnce, granted)
	if size := f.size(items); size > maxChunkBytes {
		return ChunkResult{}, invalid(f.s.ID, "for_each", fmt.Errorf("what its items refer to has %d bytes, more than %d; refer to less", size, maxChunkBytes))
	}
	f.children++
	name := fmt.Sprintf("%s · items %s to %s", f.s.ID, items[0].key, items[len(items)-1].key)
	childCtx := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		StaticSummary:       markdown.Clip(name, maxSummaryBytes),
		WaitForCancellation: true,
	})
	c := &child{items: items, atOnce: atOnce}
	f.live = append(f.live, c)
	defer f.forget(c)
	c.future = workflow.ExecuteChildWorkflow(childCtx, pipeline.ItemsName, in)
	var execution workflow.Execution
	if err := c.future.GetChildWorkflowExecution().Get(ctx, &execution); err != nil && ctx.Err() == nil {
		return ChunkResult{}, fmt.Errorf("step %s: start of %s: %w", f.s.ID, name, err)
	}
	c.Child = pipeline.Child{WorkflowID: execution.ID, RunID: execution.RunID}
	f.r.show(ctx)
	var result ChunkResult
	err := c.future.Get(ctx, &result)
	var canceled *temporal.CanceledError
	if errors.As(err, &canceled) && canceled.HasDetails() {
		err = canceled.Details(&result)
	}
	return result, err
}

func (f *fan) forget(c *child) {
	for i, other := range f.live {
		if other == c {
			f.live = append(f.live[:i:i], f.live[i+1:]...)
		}
	}
}

func (f *fan) chunk(items []*item, atOnce int, granted *float64) Chunk {
	in := Chunk{
		Pipeline: reduced(f.r.in.Pipeline, f.s.ID), Step: f.s.ID, Values: f.values, Round: f.s.round,
		MaxParallel: atOnce, Strikes: max((f.tolerated+1-f.failed)/f.lanes, 1), Budget: granted,
	}
	if granted != nil {
		in.Price = f.r.budget.Expected(f.s.Model)
	}
	for _, item := range items {
		in.Items = append(in.Items, ChunkItem{
			Index: item.index, Key: item.key, Value: item.value,
			Input: merged(f.s.input, f.s.itemInput[item.key]), Earlier: f.s.earlier[item.key],
		})
	}
	return in
}

func (f *fan) size(items []*item) int {
	size := 0
	for _, item := range items {
		size += f.s.weight(item)
	}
	return size + weigh(f.values)
}

// collect takes over what a child has made. What it has not begun goes back in the queue.
func (f *fan) collect(ctx workflow.Context, items []*item, result ChunkResult) {
	byIndex := make(map[int]pipeline.ItemResult, len(result.Items))
	for _, made := range result.Items {
		byIndex[made.Index] = made
	}
	var left []*item
	for _, item := range items {
		made, begun := byIndex[item.index]
		if !begun {
			item.state = pipeline.StepWaiting
			left = append(left, item)
			continue
		}
		f.takeOver(item, made)
	}
	f.queue = append(left, f.queue...)
	f.needs = result.Needs
	if f.r.budget != nil && result.Needs > 0 {
		f.r.budget.Expect(f.s.Model, result.Needs)
	}
	if f.failed > f.tolerated {
		f.stop(ctx)
	}
	f.changes++
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
	for _, status := range made.Generations {
		f.learn(status)
		usd, known := status.Price()
		f.s.spent += usd
		f.s.priced = f.s.priced || known
		if !status.Kept {
			f.s.attempts += len(status.Attempts)
		}
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

// stop has all children begin nothing more.
func (f *fan) stop(ctx workflow.Context) {
	for _, c := range f.live {
		if c.WorkflowID != "" && !c.future.IsReady() {
			c.future.SignalChildWorkflow(ctx, pipeline.StopSignal, nil)
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
		if item.kept {
			counts.Kept++
		}
	}
	return counts
}

// listen takes in what children report of themselves.
func (r *run) listen(ctx workflow.Context) {
	channel := workflow.GetSignalChannel(ctx, pipeline.ProgressSignal)
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
			if c.Child == report.Child && report.ended() > c.progress.ended() && report.ended() <= len(c.items) {
				c.progress = report
			}
		}
	}
}

// reduced is the definition without what a child of one step does not need.
func reduced(d pipeline.Definition, id string) pipeline.Definition {
	small := pipeline.Definition{Name: d.Name, Account: d.Account}
	for _, input := range d.Inputs {
		small.Inputs = append(small.Inputs, pipeline.Entry[pipeline.Input]{Name: input.Name, Value: pipeline.Input{Type: input.Value.Type}})
	}
	for _, entry := range d.Steps {
		step := pipeline.Step{Model: "wavespeed-temporal/left-out"}
		switch {
		case entry.Name == id:
			step = entry.Value
			step.If, step.Needs = "", nil
			forEach := *step.ForEach
			forEach.Items = []any{}
			step.ForEach = &forEach
		case entry.Value.Approve != nil:
			step = pipeline.Step{Approve: &pipeline.Approve{}}
		case entry.Value.ForEach != nil:
			step.ForEach = &pipeline.ForEach{Items: []any{}}
		}
		small.Steps = append(small.Steps, pipeline.Entry[pipeline.Step]{Name: entry.Name, Value: step})
	}
	return small
}
