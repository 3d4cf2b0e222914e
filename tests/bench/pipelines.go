package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

const (
	stepsPerRun = 10

	// fanOutAtOnce is how many items are in flight in each way to fan out.
	fanOutAtOnce = 100
)

// registerPipelines are the workflows beside which pipelines are measured.
func registerPipelines(w sdkworker.Worker) {
	w.RegisterWorkflowWithOptions(ten, workflow.RegisterOptions{Name: "ten"})
	w.RegisterWorkflowWithOptions(window, workflow.RegisterOptions{Name: "window"})
	w.RegisterWorkflowWithOptions(renewed, workflow.RegisterOptions{Name: "renewed"})
	w.RegisterWorkflowWithOptions(childEach, workflow.RegisterOptions{Name: "childEach"})
	w.RegisterWorkflowWithOptions(chunks, workflow.RegisterOptions{Name: "chunks"})
}

// ten is what a pipeline of ten steps that need nothing does, written by hand.
func ten(ctx workflow.Context) error { return window(ctx, stepsPerRun, stepsPerRun) }

// window makes all items in one run.
func window(ctx workflow.Context, items, atOnce int) error {
	_, err := workflows.ForEach(ctx, make([]struct{}, items), workflows.ForEachOptions{MaxParallel: atOnce},
		func(ctx workflow.Context, i int, _ struct{}) (generation.Result, error) {
			r := request()
			r.Key = fmt.Sprintf("item[%d]", i)
			return workflows.Generate(ctx, r)
		})
	return err
}

// renewed makes them in one run after the other, which continues as new.
func renewed(ctx workflow.Context, items, size, atOnce int) error {
	if err := window(ctx, min(items, size), atOnce); err != nil || items <= size {
		return err
	}
	return workflow.NewContinueAsNewError(ctx, "renewed", items-size, size, atOnce)
}

// childEach has a child for each item.
func childEach(ctx workflow.Context, items, atOnce int) error {
	_, err := workflows.ForEach(ctx, make([]struct{}, items), workflows.ForEachOptions{MaxParallel: atOnce},
		func(ctx workflow.Context, _ int, _ struct{}) (struct{}, error) {
			return struct{}{}, workflow.ExecuteChildWorkflow(ctx, generation.WorkflowName, request()).Get(ctx, nil)
		})
	return err
}

// chunks has a child for so many items each, lanes of them at once.
func chunks(ctx workflow.Context, items, size, lanes, atOnce int) error {
	_, err := workflows.ForEach(ctx, make([]struct{}, (items+size-1)/size), workflows.ForEachOptions{MaxParallel: lanes},
		func(ctx workflow.Context, i int, _ struct{}) (struct{}, error) {
			return struct{}{}, workflow.ExecuteChildWorkflow(ctx, "window", min(size, items-i*size), atOnce/lanes).Get(ctx, nil)
		})
	return err
}

// definition is a pipeline with so many steps, one after the other or all at once.
func definition(steps int, chained bool) pipeline.Definition {
	d := pipeline.Definition{Name: "bench"}
	for i := range steps {
		step := pipeline.Step{Model: "bench/model", Input: map[string]any{"prompt": "a lighthouse"}}
		if chained && i > 0 {
			step.Input["image"] = fmt.Sprintf("${{ steps.s%d.output }}", i-1)
		}
		d.Steps = append(d.Steps, pipeline.Entry[pipeline.Step]{Name: fmt.Sprintf("s%d", i), Value: step})
	}
	return d
}

// fanOutDefinition makes an item for each of a list.
func fanOutDefinition() pipeline.Definition {
	return pipeline.Definition{
		Name:   "bench",
		Inputs: pipeline.Named[pipeline.Input]{{Name: "items", Value: pipeline.Input{Type: "array"}}},
		Steps: pipeline.Named[pipeline.Step]{{Name: "made", Value: pipeline.Step{
			Model: "bench/model", Input: map[string]any{"prompt": "${{ item }}"},
			ForEach: &pipeline.ForEach{Items: "${{ inputs.items }}", MaxParallel: fanOutAtOnce},
		}}},
		Outputs: pipeline.Named[any]{{Name: "made", Value: "${{ len(steps.made.outputs) }}"}},
	}
}

func fanOutRun(items int) pipeline.Request {
	list := make([]any, items)
	for i := range list {
		list[i] = fmt.Sprintf("lighthouse %d", i)
	}
	return pipeline.Request{Pipeline: fanOutDefinition(), Inputs: map[string]any{"items": list}}
}

// pipelineCosts counts events and actions of steps and items, with those of children.
func (b *bench) pipelineCosts(ctx context.Context, out io.Writer, _ sizes) error {
	// As with a real model, nothing ends before it is waited for.
	b.provider.setDelay(time.Second)
	defer b.provider.setDelay(0)
	fmt.Fprint(out, "## What a pipeline costs\n\nEvents and actions of the run and its children, all told.\n\n| run | events | actions | a step or item more: events | actions |\n| --- | --- | --- | --- | --- |\n")
	for _, c := range []struct {
		what       string
		less, more pipeline.Request
		diff       int
	}{
		{"10 steps, one after the other", pipeline.Request{Pipeline: definition(1, true)}, pipeline.Request{Pipeline: definition(stepsPerRun, true)}, stepsPerRun - 1},
		{"10 steps at once", pipeline.Request{Pipeline: definition(1, false)}, pipeline.Request{Pipeline: definition(stepsPerRun, false)}, stepsPerRun - 1},
		{"50 items, in the run itself", fanOutRun(1), fanOutRun(50), 49},
		{"1,000 items, in children", fanOutRun(60), fanOutRun(1000), 940},
	} {
		less, err := b.runAndCount(ctx, pipeline.WorkflowName, c.less)
		if err != nil {
			return err
		}
		more, err := b.runAndCount(ctx, pipeline.WorkflowName, c.more)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "| %s | %d | %d | %.1f | %.2f |\n", c.what, more.events, more.actions,
			float64(more.events-less.events)/float64(c.diff), float64(more.actions-less.actions)/float64(c.diff))
	}
	fmt.Fprintln(out)
	return nil
}

// tree is what a run and its children come to.
type tree struct {
	events, actions int
	longest         int // history of any of them
	longestChild    int
	took            time.Duration
}

func (b *bench) runAndCount(ctx context.Context, name string, args ...any) (tree, error) {
	began := time.Now()
	run, err := b.start(ctx, name, args...)
	if err != nil {
		return tree{}, err
	}
	first := run.GetRunID() // run follows those that continue it
	if err := run.Get(ctx, nil); err != nil {
		return tree{}, err
	}
	t := tree{took: time.Since(began)}
	return t, b.countTree(ctx, run.GetID(), first, &t)
}

// billable are the events for which Temporal Cloud counts an action.
var billable = map[enumspb.EventType]bool{
	enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED: true, enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED: true,
	enumspb.EVENT_TYPE_TIMER_STARTED: true, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED: true,
	enumspb.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED: true, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED: true,
}

func (b *bench) countTree(ctx context.Context, id, runID string, t *tree) error {
	history := b.client.GetWorkflowHistory(ctx, id, runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	length := 0
	for history.HasNext() {
		event, err := history.Next()
		if err != nil {
			return err
		}
		length++
		if billable[event.GetEventType()] {
			t.actions++
		}
		if started := event.GetChildWorkflowExecutionStartedEventAttributes(); started != nil {
			if err := b.countTree(ctx, started.GetWorkflowExecution().GetWorkflowId(), started.GetWorkflowExecution().GetRunId(), t); err != nil {
				return err
			}
		}
		if next := event.GetWorkflowExecutionContinuedAsNewEventAttributes(); next != nil {
			if err := b.countTree(ctx, id, next.GetNewExecutionRunId(), t); err != nil {
				return err
			}
		}
	}
	t.events += length
	t.longestChild = t.longest // so far, only those below were counted
	t.longest = max(t.longest, length)
	return nil
}

// pipelineThroughput runs rounds of the same number of generations in turn: each alone, in
// hand-written workflows of ten, and in pipelines of ten steps.
func (b *bench) pipelineThroughput(ctx context.Context, out io.Writer, size sizes) error {
	kinds := []string{"alone", "ten", "pipeline"}
	for _, kind := range kinds {
		if _, err := b.stepRound(ctx, kind, size.n/3); err != nil {
			return err
		}
	}
	rates := map[string][]float64{}
	var toAlone, toTen []float64
	for i := range size.rounds {
		order := slices.Clone(kinds)
		if i%2 == 1 {
			slices.Reverse(order)
		}
		round := map[string]float64{}
		for _, kind := range order {
			rate, err := b.stepRound(ctx, kind, size.n)
			if err != nil {
				return err
			}
			round[kind] = rate
			rates[kind] = append(rates[kind], rate)
		}
		toAlone, toTen = append(toAlone, round["pipeline"]/round["alone"]), append(toTen, round["pipeline"]/round["ten"])
	}
	fmt.Fprintf(out, "## Steps per second\n\n%d rounds of %d generations, %d at once; min/median/max.\n\n", size.rounds, size.n, concurrency)
	fmt.Fprintf(out, "| wavespeed.Generate, each alone | ten in a hand-written workflow | ten steps in a pipeline | ratio of pipeline to alone | to hand-written |\n| --- | --- | --- | --- | --- |\n| %s | %s | %s | %s | %s |\n\n",
		spread(rates["alone"], "%.1f"), spread(rates["ten"], "%.1f"), spread(rates["pipeline"], "%.1f"), spread(toAlone, "%.2f"), spread(toTen, "%.2f"))
	return nil
}

func (b *bench) stepRound(ctx context.Context, kind string, n int) (float64, error) {
	name, atOnce, args := generation.WorkflowName, concurrency, []any{request()}
	switch kind {
	case "ten":
		name, atOnce, args = "ten", concurrency/stepsPerRun, nil
	case "pipeline":
		name, atOnce, args = pipeline.WorkflowName, concurrency/stepsPerRun, []any{pipeline.Request{Pipeline: definition(stepsPerRun, false)}}
	}
	runs := n
	if kind != "alone" {
		runs = n / stepsPerRun
	}
	began := time.Now()
	err := inParallel(runs, atOnce, func(int) error {
		run, err := b.start(ctx, name, args...)
		if err != nil {
			return err
		}
		return run.Get(ctx, nil)
	})
	return float64(n) / time.Since(began).Seconds(), err
}

// fanOuts compares the ways to make many items, and what the engine makes of it.
func (b *bench) fanOuts(ctx context.Context, out io.Writer, size sizes) error {
	n := size.n * 5
	fmt.Fprintf(out, "## Ways to fan out\n\n%d items, %d in flight; median of %d rounds in turn.\n\n| way | items a second | events an item | actions an item | longest history |\n| --- | --- | --- | --- | --- |\n", n, fanOutAtOnce, fanOutRounds)
	ways := []struct {
		what, workflow string
		args           []any
	}{
		{"all in one run", "window", []any{n, fanOutAtOnce}},
		{"one run that continues as new after 250", "renewed", []any{n, 250, fanOutAtOnce}},
		{"a child for each item", "childEach", []any{n, fanOutAtOnce}},
		{"children of 100, four at once", "chunks", []any{n, 100, 4, fanOutAtOnce}},
		{"children of 250, one at once", "chunks", []any{n, 250, 1, fanOutAtOnce}},
		{"children of 250, four at once", "chunks", []any{n, 250, 4, fanOutAtOnce}},
		{"children of 500, two at once", "chunks", []any{n, 500, 2, fanOutAtOnce}},
		{"**for_each**, which has children of 250, four at once", pipeline.WorkflowName, []any{fanOutRun(n)}},
	}
	rates := make([][]float64, len(ways))
	trees := make([]tree, len(ways))
	for range fanOutRounds {
		for i, way := range ways {
			t, err := b.runAndCount(ctx, way.workflow, way.args...)
			if err != nil {
				return fmt.Errorf("%s: %w", way.what, err)
			}
			rates[i], trees[i] = append(rates[i], float64(n)/t.took.Seconds()), t
		}
	}
	for i, way := range ways {
		fmt.Fprintf(out, "| %s | %.0f | %.1f | %.2f | %d |\n", way.what, quantile(rates[i], 0.5),
			float64(trees[i].events)/float64(n), float64(trees[i].actions)/float64(n), trees[i].longest)
	}
	fmt.Fprintln(out)
	return nil
}

const fanOutRounds = 3

// itemCosts counts the actions of an item in runs of 10 up to many, and shows how large these get.
func (b *bench) itemCosts(ctx context.Context, out io.Writer, size sizes) error {
	// As with a real model, nothing ends before it is waited for.
	b.provider.setDelay(3 * time.Second)
	defer b.provider.setDelay(0)
	fmt.Fprint(out, "## What an item costs in a small and in a large run\n\nActions of the run and its children, without the two of the run itself; 100 items in flight.\n\n| items | completed | seconds | actions an item | the run's own history | longest of a child |\n| --- | --- | --- | --- | --- | --- |\n")
	for n := smallRun; n <= size.items; n *= 10 {
		run, err := b.start(ctx, pipeline.WorkflowName, fanOutRun(n))
		if err != nil {
			return err
		}
		began, id := time.Now(), run.GetRunID()
		var result pipeline.Result
		if err := run.Get(ctx, &result); err != nil {
			return err
		}
		t := tree{took: time.Since(began)}
		if err := b.countTree(ctx, run.GetID(), id, &t); err != nil {
			return err
		}
		described, err := b.client.DescribeWorkflow(ctx, run.GetID(), run.GetRunID())
		if err != nil {
			return err
		}
		info := described.RawResponse.GetWorkflowExecutionInfo()
		fmt.Fprintf(out, "| %d | %d | %.0f | %.2f | %d events, %.1f MB | %d events |\n",
			n, result.Steps[0].Items.Completed, t.took.Seconds(), float64(t.actions-runActions)/float64(n),
			info.GetHistoryLength(), float64(info.GetHistorySizeBytes())/1e6, t.longestChild)
	}
	fmt.Fprintln(out)
	return nil
}

const (
	smallRun = 10

	// runActions are those of a run itself: its start and its check.
	runActions = 2
)
