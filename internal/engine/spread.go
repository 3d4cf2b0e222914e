package engine

import (
	"fmt"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/kernel"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/usd"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

const (
	// chunkItems, chunkEvents and chunkBytes limit what one child gets; docs/performance.md
	// compares other sizes.
	chunkItems  = 250
	chunkEvents = 40_000
	chunkBytes  = 512 << 10

	// usualLanes is how many children work concurrently, unless more items are to be in progress
	// than these can hold.
	usualLanes = 4

	// mostLanes leaves room below the 2,000 children that Temporal lets a workflow have at once.
	mostLanes = 1000

	// maxSummaryBytes is the maximum size of a summary that Temporal shows.
	maxSummaryBytes = 200

	// maxOwnBytes is the size of the run's history above which no more items are passed to
	// children; Temporal ends runs at 50 MiB.
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
	failed    int // items of children that have ended
	holding   int // lanes that wait for a larger budget
	bytes     int // of what each child is handed beside its items
}

// spread passes the items to children. Several lanes of them work concurrently, each with a
// part of the allowed parallelism.
func (r *run) spread(ctx workflow.Context, s *step, options workflows.ForEachOptions) error {
	most := min(chunkItems, max(chunkEvents/s.mostEvents(), 1))
	chunks := (len(s.items) + most - 1) / most
	f := &fan{
		r: r, s: s, values: r.values(s.InputReferences()), queue: s.items, tolerated: options.Tolerate,
		perChunk: (len(s.items) + chunks - 1) / chunks,
		lanes:    min(lanes(options.MaxParallel, most), chunks, options.MaxParallel),
		bytes:    r.commonBytes(s),
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
		return tooMany(s, f.tolerated)
	default:
		return failure
	}
}

// lanes is how many children of so many items at most have to work concurrently.
func lanes(atOnce, most int) int {
	return min(max((atOnce+most-1)/most, usualLanes), mostLanes)
}

// lane runs one child after another until there is nothing left to start.
func (f *fan) lane(ctx workflow.Context, atOnce int) error {
	for len(f.queue) > 0 && f.failed <= f.tolerated && ctx.Err() == nil {
		if size := workflow.GetInfo(ctx).GetCurrentHistorySize(); size > maxOwnBytes {
			return invalid(f.s.ID, "for_each", fmt.Errorf("the run's history has %d MiB of the 50 that Temporal allows, with %d items to go: give the rest to another run", size>>20, len(f.queue)))
		}
		if kernel.BoardOf(ctx).Paused() {
			if err := kernel.BoardOf(ctx).AwaitResume(ctx); err != nil {
				return err
			}
			continue
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

// take removes the next items from the queue, as many as one child should get.
func (f *fan) take() []*item {
	n, bytes := 0, 0
	for n < len(f.queue) && n < f.perChunk {
		bytes += f.s.itemBytes(f.queue[n])
		if n > 0 && bytes > chunkBytes {
			break
		}
		n++
	}
	items := f.queue[:n:n]
	f.queue = f.queue[n:]
	for _, item := range items {
		item.state = pipeline.StateRunning
	}
	return items
}

// giveBack returns items that were not started to the queue.
func (f *fan) giveBack(items []*item) {
	for _, item := range items {
		item.state = pipeline.StateWaiting
	}
	f.queue = append(items[:len(items):len(items)], f.queue...)
}

// share is what a child may spend of the budget.
type share struct {
	usd  generation.USD
	last bool // nothing is left, and the budget will not be raised
}

// grant takes a child's share out of the budget: the expected cost of its items, as far as
// available. Without a budget it is nil.
func (f *fan) grant(ctx workflow.Context, items []*item) (*share, error) {
	b := f.r.budget
	if b == nil {
		return nil, nil
	}
	for f.failed <= f.tolerated {
		least := items[0].uncovered
		each := max(b.Expected(f.s.Model), least)
		want := usd.Times(each, len(items))
		if each == 0 {
			want = b.Limit
		}
		if granted, ok := b.Grant(want, least); ok {
			return &share{usd: granted, last: granted < want && !b.Wait}, nil
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
func (f *fan) hold(ctx workflow.Context, price generation.USD) error {
	f.holding++
	defer func() {
		f.holding--
		f.r.show(ctx)
	}()
	return f.r.budget.Hold(ctx, price)
}

func (f *fan) settle(granted *share, spent generation.USD) {
	if granted != nil {
		f.r.budget.Settle(granted.usd, spent)
	}
}

func overBudget(id string, price generation.USD, b *kernel.Budget) error {
	return temporal.NewNonRetryableApplicationError(fmt.Sprintf(
		"step %s: an item of about %s would pass the budget of %s, of which %s is spent; it was not submitted. Raise the budget and rerun",
		id, price, b.Limit, b.Spent()), string(generation.ErrorTypeBudgetExceeded), nil)
}
