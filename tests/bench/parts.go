package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

const (
	concurrency = 50
	sinks       = 10
)

// costs counts the events and the billable actions of one generation.
func (b *bench) costs(ctx context.Context, out io.Writer, _ sizes) error {
	fmt.Fprint(out, "## What one generation costs\n\n| | events | actions |\n| --- | --- | --- |\n")
	for _, c := range []struct{ what, workflow string }{
		{"floor", "floor"}, {"generation in a workflow, with the workflow", "generate"}, {"wavespeed.Generate", generation.WorkflowName},
	} {
		b.provider.holdBack()
		var args []any
		if c.workflow == generation.WorkflowName {
			args = append(args, request())
		}
		run, err := b.start(ctx, c.workflow, args...)
		if err != nil {
			return err
		}
		// Released when the wait has started, as with a real model.
		if err := b.awaitHeld(ctx, 1); err != nil {
			return err
		}
		time.Sleep(time.Second)
		for _, end := range b.provider.release() {
			end()
		}
		if err := run.Get(ctx, nil); err != nil {
			return err
		}
		events, actions, err := count(ctx, b.client, run)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "| %s | %d | %d |\n", c.what, events, actions)
	}
	fmt.Fprintln(out)
	return nil
}

func count(ctx context.Context, c client.Client, run client.WorkflowRun) (events, actions int, err error) {
	history := c.GetWorkflowHistory(ctx, run.GetID(), run.GetRunID(), false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		if err != nil {
			return 0, 0, err
		}
		events++
		switch event.GetEventType() {
		case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED, enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
			enumspb.EVENT_TYPE_TIMER_STARTED, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
			actions++
		}
	}
	return events, actions, nil
}

func (b *bench) awaitHeld(ctx context.Context, n int) error {
	for b.provider.heldBack() < n {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
	return nil
}

// throughput runs rounds of floor and generations in turn.
func (b *bench) throughput(ctx context.Context, out io.Writer, size sizes) error {
	for _, name := range []string{"floor", "generate"} {
		if _, err := b.round(ctx, name, size.n/3); err != nil {
			return err
		}
	}
	var floors, generations, ratios []float64
	for i := range size.rounds {
		names := []string{"floor", "generate"}
		if i%2 == 1 {
			slices.Reverse(names)
		}
		rates := map[string]float64{}
		for _, name := range names {
			rate, err := b.round(ctx, name, size.n)
			if err != nil {
				return err
			}
			rates[name] = rate
		}
		floors, generations = append(floors, rates["floor"]), append(generations, rates["generate"])
		ratios = append(ratios, rates["generate"]/rates["floor"])
	}
	fmt.Fprintf(out, "## Generations per second\n\n%d rounds of %d, %d at once; min/median/max.\n\n", size.rounds, size.n, concurrency)
	fmt.Fprintf(out, "| floor | generations | ratio of paired rounds |\n| --- | --- | --- |\n| %s | %s | %s |\n\n",
		spread(floors, "%.1f"), spread(generations, "%.1f"), spread(ratios, "%.2f"))
	return nil
}

func (b *bench) round(ctx context.Context, name string, n int) (perSecond float64, err error) {
	began := time.Now()
	err = inParallel(n, concurrency, func(int) error {
		run, err := b.start(ctx, name)
		if err != nil {
			return err
		}
		return run.Get(ctx, nil)
	})
	return float64(n) / time.Since(began).Seconds(), err
}

// resumeBlocks is how many blocks of samples there are: a machine is slower at some times than at
// others.
const resumeBlocks = 5

// resumes measures, one at a time, the time from sending the result until the workflow
// continues.
func (b *bench) resumes(ctx context.Context, out io.Writer, size sizes) error {
	if _, err := b.resumeBlock(ctx, 10); err != nil {
		return err
	}
	quantiles := []float64{0.5, 0.99}
	times, ratios := map[string][][]float64{}, make([][]float64, len(quantiles))
	for range resumeBlocks {
		took, err := b.resumeBlock(ctx, size.samples/resumeBlocks)
		if err != nil {
			return err
		}
		for i, q := range quantiles {
			f, g := quantile(took["floor"], q), quantile(took["generate"], q)
			ratios[i] = append(ratios[i], g/f)
		}
		for name := range took {
			times[name] = append(times[name], took[name])
		}
	}
	fmt.Fprintf(out, "## From webhook to workflow resumed, at idle\n\n%d of each in turn, in milliseconds, in %d blocks; the ratio is of blocks, min/median/max.\n\n| | floor | generation | ratio |\n| --- | --- | --- | --- |\n", size.samples, resumeBlocks)
	for i, q := range quantiles {
		fmt.Fprintf(out, "| p%.0f | %.1f | %.1f | %s |\n", q*100,
			quantile(slices.Concat(times["floor"]...), q), quantile(slices.Concat(times["generate"]...), q), spread(ratios[i], "%.2f"))
	}
	fmt.Fprintln(out)
	return nil
}

func (b *bench) resumeBlock(ctx context.Context, samples int) (took map[string][]float64, err error) {
	took = make(map[string][]float64)
	for i := range samples {
		names := []string{"floor", "generate"}
		if i%2 == 1 {
			slices.Reverse(names)
		}
		for _, name := range names {
			d, err := b.resume(ctx, name)
			if err != nil {
				return nil, err
			}
			took[name] = append(took[name], d.Seconds()*1000)
		}
	}
	return took, nil
}

func (b *bench) resume(ctx context.Context, name string) (time.Duration, error) {
	b.provider.holdBack()
	id := fmt.Sprintf("%s-resume-%d", name, time.Now().UnixNano())
	resumed := make(chan time.Time, 1)
	b.resumed.Store(id, resumed)
	defer b.resumed.Delete(id)
	run, err := b.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id, TaskQueue: taskQueue}, name)
	if err != nil {
		return 0, err
	}
	if err := b.awaitHeld(ctx, 1); err != nil {
		return 0, err
	}
	time.Sleep(50 * time.Millisecond) // the wait has started, and the server is idle again
	ends := b.provider.release()
	began := time.Now()
	ends[0]()
	at := <-resumed
	return at.Sub(began), run.Get(ctx, nil)
}

// signals sends signals to workflows that do nothing else, through the handler and
// with the bare client.
func (b *bench) signals(ctx context.Context, out io.Writer, size sizes) error {
	var bare, handled, ratios []float64
	for i := range size.rounds {
		rates := map[bool]float64{}
		for _, throughHandler := range []bool{i%2 == 0, i%2 == 1} {
			rate, err := b.signalRound(ctx, throughHandler, size.n)
			if err != nil {
				return err
			}
			rates[throughHandler] = rate
		}
		bare, handled = append(bare, rates[false]), append(handled, rates[true])
		ratios = append(ratios, rates[true]/rates[false])
	}
	fmt.Fprintf(out, "## Signals per second\n\n%d rounds of %d to %d workflows, %d at once; min/median/max.\n\n| bare client | through the handler | ratio of paired rounds |\n| --- | --- | --- |\n| %s | %s | %s |\n\n",
		size.rounds, size.n*2, sinks, concurrency, spread(bare, "%.0f"), spread(handled, "%.0f"), spread(ratios, "%.2f"))
	return nil
}

func (b *bench) signalRound(ctx context.Context, throughHandler bool, n int) (float64, error) {
	each := n * 2 / sinks
	runs := make([]client.WorkflowRun, sinks)
	for i := range runs {
		run, err := b.start(ctx, "sink", each)
		if err != nil {
			return 0, err
		}
		runs[i] = run
	}
	// What a provider does is done before the clock starts: the address is sealed with the
	// submit, long before.
	sends := make([]func() error, each*sinks)
	for i := range sends {
		send, err := b.sender(ctx, throughHandler, runs[i%sinks].GetID(), sinkKey(i/sinks), fmt.Sprintf("%032x", i))
		if err != nil {
			return 0, err
		}
		sends[i] = send
	}
	began := time.Now()
	err := inParallel(len(sends), concurrency, func(i int) error { return sends[i]() })
	rate := float64(len(sends)) / time.Since(began).Seconds()
	for _, run := range runs {
		if err := run.Get(ctx, nil); err != nil {
			return 0, err
		}
	}
	return rate, err
}

// sender prepares one signal.
func (b *bench) sender(ctx context.Context, throughHandler bool, workflowID, key, prediction string) (func() error, error) {
	if !throughHandler {
		name, signal := wire.SignalName(key), wire.Signal{Nonce: "n", Outcome: outcome(prediction)}
		return func() error { return b.client.SignalWorkflow(ctx, workflowID, "", name, signal) }, nil
	}
	address, err := b.keyring.Seal(ctx, wire.Target{
		Namespace: client.DefaultNamespace, WorkflowID: workflowID, Key: key, Nonce: "n", Account: generation.DefaultAccount,
	})
	return func() error {
		b.provider.deliver(b.hookURL+"/"+address, prediction)
		return nil
	}, err
}

// inParallel calls f for 0 to n-1, so many at once, and returns the first error.
func inParallel(n, atOnce int, f func(int) error) error {
	work := make(chan int)
	var first error
	var mu sync.Mutex
	var group sync.WaitGroup
	for range atOnce {
		group.Go(func() {
			for i := range work {
				if err := f(i); err != nil {
					mu.Lock()
					first = errorsFirst(first, err)
					mu.Unlock()
				}
			}
		})
	}
	for i := range n {
		work <- i
	}
	close(work)
	group.Wait()
	return first
}

func errorsFirst(first, err error) error {
	if first != nil {
		return first
	}
	return err
}

func spread(values []float64, format string) string {
	return fmt.Sprintf(format+" / "+format+" / "+format, quantile(values, 0), quantile(values, 0.5), quantile(values, 1))
}

func quantile(values []float64, q float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[int(q*float64(len(sorted)-1)+0.5)]
}
