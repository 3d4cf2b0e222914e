package engine

import (
	"encoding/hex"
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
	// chunkItems, chunkEvents and chunkBytes bound what one child is handed;
	// docs/performance.md has what other sizes come to.
	chunkItems  = 250
	chunkEvents = 40_000
	chunkBytes  = 512 << 10

	// maxLanes is how many children work at once.
	maxLanes = 4

	// maxSummaryBytes is the size up to which Temporal shows a summary.
	maxSummaryBytes = 200

	// maxOwnBytes is the size of the run's history from which on nothing is handed out any
	// more; Temporal ends runs at 50 MiB.
	maxOwnBytes = 45 << 20
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
	holding   int // lanes that wait for a larger budget
}

// child is one that works.
type child struct {
	pipeline.Child
	future   workflow.ChildWorkflowFuture
	started  bool
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
	most := min(chunkItems, max(chunkEvents/s.mostEvents(), 1))
	chunks := (len(s.items) + most - 1) / most
	f := &fan{
		r: r, s: s, values: r.values(s.InputReferences()), queue: s.items, tolerated: options.Tolerate,
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
		if size := workflow.GetInfo(ctx).GetCurrentHistorySize(); size > maxOwnBytes {
			return invalid(f.s.ID, "for_each", fmt.Errorf("the run's history has %d MiB of the 50 that Temporal allows, with %d items to go: give the rest to another run", size>>20, len(f.queue)))
		}
		items := f.take()
		granted, err := f.grant(ctx, items)
		if err != nil || f.failed > f.tolerated {
			f.giveBack(items)
			f.settle(granted, 0)
			return err
		}
		result, err := f.hand(ctx, items, atOnce, granted)
		if err != nil {
			f.giveBack(items)
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

// giveBack puts items that were not begun back in the queue.
func (f *fan) giveBack(items []*item) {
	for _, item := range items {
		item.state = pipeline.StepWaiting
	}
	f.queue = append(items[:len(items):len(items)], f.queue...)
}

// grant takes a child's share out of the budget: what its items are expected to cost, as
// far as it is there. Without a budget it is nil.
func (f *fan) grant(ctx workflow.Context, items []*item) (*float64, error) {
	b := f.r.budget
	if b == nil {
		return nil, nil
	}
	for f.failed <= f.tolerated {
		least := items[0].needs
		each := max(b.Expected(f.s.Model), least)
		want := each * float64(len(items))
		if each == 0 {
			want = b.Limit
		}
		if granted, ok := b.Grant(want, least); ok {
			return &granted, nil
		}
		var err error
		switch {
		case b.Busy():
			err = b.AwaitChange(ctx)
		case !b.Wait:
			return nil, overBudget(f.s.ID, each, b)
		default:
			err = f.hold(ctx, each)
		}
		if err != nil {
			return nil, temporal.NewCanceledError()
		}
	}
	return nil, nil
}

// hold waits for a larger budget.
func (f *fan) hold(ctx workflow.Context, price float64) error {
	f.holding++
	defer func() {
		f.holding--
		f.r.show(ctx)
	}()
	return f.r.budget.Hold(ctx, price)
}

func (f *fan) settle(granted *float64, spent float64) {
	if granted != nil {
		f.r.budget.Settle(*granted, spent)
	}
}

func overBudget(id string, price float64, b *workflows.Budget) error {
	return temporal.NewNonRetryableApplicationError(fmt.Sprintf(
		"step %s: an item of about $%.4f would pass the budget of $%.2f, of which $%.2f is spent; it was not submitted. Raise the budget and rerun",
		id, price, b.Limit, b.Spent()), generation.ErrBudgetExceeded, nil)
}

// hand has a child make the items, and waits for it. An error means that none was begun.
func (f *fan) hand(ctx workflow.Context, items []*item, atOnce int, granted *float64) (ChunkResult, error) {
	in := f.chunk(items, atOnce, granted)
	size := weigh(in)
	if size > maxPayload {
		return ChunkResult{}, invalid(f.s.ID, "for_each", fmt.Errorf("what an item refers to has %d bytes, more than %d; refer to less", size, maxPayload))
	}
	if err := workflows.AwaitRoom(ctx, size); err != nil {
		return ChunkResult{}, err
	}
	c := &child{Child: pipeline.Child{WorkflowID: childID(ctx, f.s.ID)}, items: items, atOnce: atOnce}
	name := fmt.Sprintf("%s · items %s to %s", f.s.ID, items[0].key, items[len(items)-1].key)
	childCtx := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:          c.WorkflowID,
		StaticSummary:       markdown.Clip(name, maxSummaryBytes),
		WaitForCancellation: true,
	})
	f.children++
	f.live = append(f.live, c)
	defer f.forget(c)
	c.future = workflow.ExecuteChildWorkflow(childCtx, pipeline.ItemsName, in)
	if err := c.future.GetChildWorkflowExecution().Get(ctx, nil); err != nil {
		return ChunkResult{}, err
	}
	c.started = true
	if f.failed > f.tolerated {
		f.stop(ctx)
	}
	f.r.show(ctx)
	var result ChunkResult
	err := c.future.Get(ctx, &result)
	var canceled *temporal.CanceledError
	if errors.As(err, &canceled) && canceled.HasDetails() {
		err = canceled.Details(&result)
	}
	if err != nil {
		return f.rescue(ctx, c, granted, err), nil
	}
	return result, nil
}

// childID is new for each child, also after a reset of the run, and known before the child
// has begun: whoever resumes the run finds it in any case.
func childID(ctx workflow.Context, step string) string {
	var nonce [8]byte
	_, _ = workflow.GetRandomStream(ctx, "wavespeed/child").Read(nonce[:])
	return workflow.GetInfo(ctx).OriginalRunID + "/" + step + "/" + hex.EncodeToString(nonce[:])
}

// rescue reads from a child that was killed what it has made. What had not ended has
// failed: who kills a child wants no more of it. A run that resumes this one goes on with it.
func (f *fan) rescue(ctx workflow.Context, c *child, granted *float64, why error) ChunkResult {
	made := make(map[int]pipeline.ItemResult)
	pages, err := recalled(ctx, c.Child)
	if err != nil {
		f.s.lost = append(f.s.lost, c.Child)
	}
	for _, page := range pages {
		for _, results := range page.Steps {
			for _, item := range results.Items {
				made[item.Index] = item
			}
		}
	}
	var result ChunkResult
	if granted != nil {
		result.Spent = *granted // nobody can tell what it had reserved
	}
	reason := fmt.Sprintf("its workflow %s ended before it: %v", c.WorkflowID, cause(why))
	for _, item := range c.items {
		of := made[item.index]
		if of.Index, of.Key = item.index, item.key; !of.State.Ended() {
			of.State, of.Reason = pipeline.StepFailed, reason
		}
		result.Items = append(result.Items, of)
	}
	return result
}

// cause is what ended a child, without what names the child.
func cause(err error) error {
	var failed *temporal.ChildWorkflowExecutionError
	if errors.As(err, &failed) && failed.Unwrap() != nil {
		return failed.Unwrap()
	}
	return err
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
		Pipeline: reduced(f.r.in.Pipeline, f.s.ID), Step: f.s.ID, Values: f.values, Input: f.s.input, Round: f.s.round,
		MaxParallel: atOnce, Strikes: max((f.tolerated+1-f.failed)/f.lanes, 1), Budget: granted,
	}
	if granted != nil {
		in.Price = f.r.budget.Expected(f.s.Model)
	}
	for _, item := range items {
		in.Items = append(in.Items, ChunkItem{
			Index: item.index, Key: item.key, Value: item.value,
			Input: f.s.itemInput[item.key], Earlier: f.s.earlier[item.key],
		})
	}
	return in
}

// collect takes over what a child has made. What it has not begun goes back in the queue.
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
			f.s.earlier[item.key] = f.s.all(item.key, made.Generations)
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
		if c.started && !c.future.IsReady() {
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
		if item.kept && !f.s.made[item.key] {
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
			if c.WorkflowID == report.WorkflowID && report.follows(c.progress) && report.ended() <= len(c.items) {
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
