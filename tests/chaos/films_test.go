package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline/file"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
)

// film is a pipeline whose frames are made all at once. It is terminated while they are
// under way, and rerun.
const film = `
inputs: {frames: array}
steps:
  frames:
    for_each: {items: "${{ inputs.frames }}", max_parallel: 60, tolerate: 100%}
    model: wavespeed-ai/flux-dev
    input: {prompt: "${{ item }}"}
    timeout: TIMEOUT
outputs: {frames: "${{ steps.frames.items }}"}
`

// filmsFor are the numbers of frames of the films which make up so many of the generations:
// those in children of the pipeline, and those in itself.
func filmsFor(generations int) (frames []int) {
	for size := 60; generations > 0; size = 70 - size {
		frames = append(frames, min(size, generations))
		generations -= size
	}
	return frames
}

func frameOf(film, i int) string { return fmt.Sprintf("frame %d.%d.", film, i) }

// shooting is a film that is being made.
type shooting struct {
	*system
	trouble *trouble
	number  int
	frames  int
	run     pipeline.Request
	id      string
}

func (tr *trouble) shoot(number, frames int) *shooting {
	f, err := file.Parse("film.yaml", []byte(strings.Replace(film, "TIMEOUT", timeout().String(), 1)))
	require.NoError(tr.system.t, err)
	names := make([]any, frames)
	for i := range names {
		names[i] = frameOf(number, i)
	}
	run := pipeline.Request{Pipeline: f.Definition, Inputs: map[string]any{"frames": names}}
	return &shooting{system: tr.system, trouble: tr, number: number, frames: frames, run: run, id: fmt.Sprintf("film-%d", number)}
}

// underWay counts what was accepted of the film, and what of it has not ended.
func (f *shooting) underWay() (accepted, running int) {
	for _, entry := range f.simulator.Ledger() {
		if !entry.Other && strings.HasPrefix(nameIn(entry.Input), fmt.Sprintf("frame %d.", f.number)) {
			accepted++
			if entry.Ended.IsZero() {
				running++
			}
		}
	}
	return accepted, running
}

// awaitSubmitted waits until nearly every frame is at the provider, which may refuse a few.
func (f *shooting) awaitSubmitted() {
	stack.Eventually(f.t, "the frames are not submitted", func() bool {
		accepted, _ := f.underWay()
		return accepted >= f.frames*9/10
	})
}

// begin starts a run of the film after the one given, "" for none, and gives its id. A run
// whose start was not answered is not started twice.
func (f *shooting) begin(ctx context.Context, after string) (string, error) {
	if after != "" {
		f.run.Resume = &pipeline.Resume{RunID: after}
	}
	for {
		run, err := f.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
			ID: f.id, TaskQueue: taskQueue,
			WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		}, pipeline.WorkflowName, f.run)
		if err == nil {
			return run.GetRunID(), nil
		}
		if err := pause(ctx); err != nil {
			return "", err
		}
		if described, err := f.client.DescribeWorkflow(ctx, f.id, ""); err == nil {
			if latest := described.RawResponse.GetWorkflowExecutionInfo().GetExecution().GetRunId(); latest != after {
				return latest, nil
			}
		}
	}
}

// terminate ends a run as an operator does, and tells whether that was the run's end.
func (f *shooting) terminate(ctx context.Context, runID string) bool {
	_, running := f.underWay()
	for ctx.Err() == nil {
		_ = f.client.TerminateWorkflow(ctx, f.id, runID, "chaos")
		described, err := f.client.DescribeWorkflow(ctx, f.id, runID)
		if err != nil {
			_ = pause(ctx)
			continue
		}
		switch status := described.RawResponse.GetWorkflowExecutionInfo().GetStatus(); {
		case status == enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED:
			if running > 0 {
				f.trouble.count(filmTerminated)
			}
			return true
		case status != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING:
			return false
		}
		_ = pause(ctx)
	}
	return false
}

// finish terminates a started run, once or twice at any time, and awaits the last one's end.
func (f *shooting) finish(ctx context.Context, runID string, waits ...time.Duration) (pipeline.Result, error) {
	for _, wait := range waits {
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		if !f.terminate(ctx, runID) {
			break
		}
		next, err := f.begin(ctx, runID)
		if err != nil {
			return pipeline.Result{}, errStuck
		}
		runID = next
	}
	var result pipeline.Result
	for ctx.Err() == nil {
		err := f.client.GetWorkflow(ctx, f.id, runID).Get(ctx, &result)
		if err == nil || isEnd(err) {
			return result, err
		}
		_ = pause(ctx)
	}
	return result, errStuck
}

// waits are when a film is terminated, after it was started or rerun.
func (f *shooting) waits(seed uint64) []time.Duration {
	r := rand.New(rand.NewPCG(seed, uint64(1000+f.number)))
	waits := make([]time.Duration, 1+r.IntN(2))
	for i := range waits {
		waits[i] = 500*time.Millisecond + time.Duration(r.Int64N(int64(6*time.Second)))
	}
	return waits
}

// outcomes are what became of the frames.
func (f *shooting) outcomes(result pipeline.Result, err error) []outcome {
	all := make([]outcome, f.frames)
	items, _ := result.Outputs["frames"].([]any)
	for i := range all {
		all[i] = outcome{name: frameOf(f.number, i), workflow: f.id, drawn: true, err: err}
		switch {
		case err != nil:
		case i >= len(items):
			all[i].err = fmt.Errorf("film %d has no frame %d", f.number, i)
		default:
			item, _ := items[i].(map[string]any)
			all[i].url, _ = item["output"].(string)
			if kind, _ := item["error"].(string); kind != "" || item["state"] != "completed" {
				all[i].err = temporal.NewApplicationError("", "wavespeed."+kind)
			}
		}
	}
	return all
}

func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(200 * time.Millisecond):
		return nil
	}
}

var errStuck = errors.New("stuck")
