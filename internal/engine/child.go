package engine

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/kernel"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plaintext"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runview"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// child is a running child workflow.
type child struct {
	runwire.Child
	future   workflow.ChildWorkflowFuture
	items    []*item
	atOnce   int
	progress Progress
	pause    Pause // what it was told last
}

// running is the maximum number of the child's items in progress.
func (c *child) running() int {
	return min(len(c.items)-c.progress.ended(), c.atOnce)
}

// hand passes items to a child, and waits for it. An error means that none was started.
func (f *fan) hand(ctx workflow.Context, items []*item, atOnce int, granted *share) (ChunkResult, error) {
	in := f.chunk(items, atOnce, granted)
	size := f.bytes
	for _, item := range items {
		size += f.s.itemBytes(item)
	}
	if size > maxHanded {
		return ChunkResult{}, invalid(f.s.ID, "for_each", fmt.Errorf("what an item refers to has %d bytes, more than %d; refer to less", size, maxHanded))
	}
	board := kernel.BoardOf(ctx)
	if err := board.AwaitResume(ctx); err != nil {
		return ChunkResult{}, err
	}
	if err := board.AwaitRoom(ctx, size); err != nil {
		return ChunkResult{}, err
	}
	c := &child{Child: runwire.Child{WorkflowID: childID(ctx, f.s.ID)}, items: items, atOnce: atOnce}
	name := fmt.Sprintf("%s · items %s to %s", f.s.ID, items[0].key, items[len(items)-1].key)
	childCtx := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:          c.WorkflowID,
		StaticSummary:       plaintext.Clip(name, maxSummaryBytes),
		WaitForCancellation: true,
	})
	f.children++
	f.live = append(f.live, c)
	defer f.forget(c)
	c.future = workflow.ExecuteChildWorkflow(childCtx, runwire.ItemsName, in)
	if err := c.future.GetChildWorkflowExecution().Get(ctx, nil); err != nil {
		return ChunkResult{}, err
	}
	c.Started = true
	c.follow(ctx, board.Paused())
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

// maxIDBytes is what Temporal allows a workflow id to have.
const maxIDBytes = 1000

// childID starts with the run's workflow id and is unique for each child, even in later runs
// with that id and after a reset. It is known before the child has started, so that a resuming
// run finds it in any case.
func childID(ctx workflow.Context, step string) string {
	var nonce [8]byte
	_, _ = workflow.GetRandomStream(ctx, "wavespeed/child").Read(nonce[:])
	end := "_" + step + "_" + hex.EncodeToString(nonce[:])
	id := workflow.GetInfo(ctx).WorkflowExecution.ID
	return strings.ToValidUTF8(id[:min(len(id), maxIDBytes-len(end))], "") + end
}

// rescue reads the results of a killed child. Unfinished items count as failed, because killing
// the child means that no more of it is wanted. A run that resumes this one continues with
// them.
func (f *fan) rescue(ctx workflow.Context, c *child, granted *share, why error) ChunkResult {
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
		result.Spent = granted.usd // its reservations are unknown
	}
	reason := fmt.Sprintf("its workflow %s ended before it: %v", c.WorkflowID, cause(why))
	for _, item := range c.items {
		of := made[item.index]
		if of.Index, of.Key = item.index, item.key; !runview.Ended(of.State) {
			of.State, of.Reason = pipeline.StateFailed, reason
		}
		result.Items = append(result.Items, of)
	}
	return result
}

// cause returns why a child ended, without the child's name.
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

// stop tells all children to start nothing more.
func (f *fan) stop(ctx workflow.Context) {
	for _, c := range f.live {
		if c.Started && !c.future.IsReady() {
			c.future.SignalChildWorkflow(ctx, runwire.StopSignal, nil)
		}
	}
}

func (f *fan) chunk(items []*item, atOnce int, granted *share) Chunk {
	in := Chunk{
		Pipeline: reduced(f.r.in.Pipeline, f.s.ID), Step: f.s.ID, Values: f.values, Input: f.s.input, Round: f.s.round, Shapes: f.r.shapesOf(f.s),
		MaxParallel: atOnce, Strikes: max((f.tolerated+1-f.failed)/f.lanes, 1), Known: f.alike(items),
	}
	if granted != nil {
		in.Budget, in.Last = &granted.usd, granted.last
		in.Price = f.r.budget.Expected(f.s.Model)
	}
	for _, item := range items {
		in.Items = append(in.Items, ChunkItem{
			Index: item.index, Key: item.key, Value: item.value,
			Input: f.s.itemInput[item.key], Earlier: withShortReasons(f.s.made.current(item.key)),
		})
	}
	return in
}

// alike returns the predictions of items elsewhere with the same request as one of these items
// whose submit is unknown.
func (f *fan) alike(items []*item) []generation.Status {
	here, wanted := make(map[string]bool), make(map[string]bool)
	for _, item := range items {
		here[item.key] = true
		for _, status := range f.s.made.current(item.key) {
			if n := len(status.Attempts); n > 0 && status.Attempts[n-1].Nonce != "" && status.Attempts[n-1].PredictionID == "" {
				wanted[status.Fingerprint] = true
			}
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	var alike []generation.Status
	for _, key := range f.s.made.keys() {
		for _, status := range f.s.made.current(key) {
			if id := status.PredictionID(); id != "" && !here[key] && wanted[status.Fingerprint] {
				last := status.Attempts[len(status.Attempts)-1]
				alike = append(alike, generation.Status{Fingerprint: status.Fingerprint, Attempts: []*generation.Attempt{{PredictionID: id, Nonce: last.Nonce, Inferred: last.Inferred}}})
			}
		}
	}
	return alike
}

// reduced returns the definition without what a child of one step does not need.
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
			if entry.Value.Approve.Choose != nil {
				step.Approve.Choose = []any{} // it has an output
			}
		case entry.Value.ForEach != nil:
			step.ForEach = &pipeline.ForEach{Items: []any{}}
		}
		small.Steps = append(small.Steps, pipeline.Entry[pipeline.Step]{Name: entry.Name, Value: step})
	}
	return small
}
