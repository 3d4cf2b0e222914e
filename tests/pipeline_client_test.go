package tests

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

const judged = `
budget: 0.01
steps:
  still: {model: wavespeed-ai/flux-dev, input: {prompt: a still}}
  review: {approve: {show: "${{ steps.still.output }}"}}
  clip: {model: wavespeed-ai/wan-2.1/i2v-480p, needs: [review], input: {prompt: a clip, image: "${{ steps.still.output }}"}}
`

// TestRunIsFollowedAndSteered from Go: it is started, followed, approved, given a larger
// budget, and ends.
func TestRunIsFollowedAndSteered(t *testing.T) {
	t.Parallel()
	p := newPipelines(t)
	ctx := t.Context()
	options := client.StartWorkflowOptions{ID: "film-" + uuid.NewString(), TaskQueue: p.TaskQueue}
	run, err := pipeline.Start(ctx, p.Client, options, pipeline.Request{Pipeline: parse(t, judged)})
	require.NoError(t, err)
	require.Equal(t, options.ID, run.WorkflowID())
	require.NotEmpty(t, run.RunID())

	var taken *serviceerror.WorkflowExecutionAlreadyStarted
	_, err = pipeline.Start(ctx, p.Client, options, pipeline.Request{Pipeline: parse(t, judged)})
	require.ErrorAs(t, err, &taken)

	var states []pipeline.State
	result, err := run.Follow(ctx, func(status pipeline.Status) {
		if !slices.Contains(states, status.State) {
			states = append(states, status.State)
		}
		switch status.State {
		case pipeline.StateApproval:
			if len(status.Approvals) == 0 {
				return
			}
			_, err := run.Decide(ctx, generation.Decision{Verdict: "maybe"})
			require.ErrorContains(t, err, options.ID)
			approval, err := run.Decide(ctx, generation.Decision{Verdict: generation.VerdictApprove, By: "ada"})
			require.NoError(t, err)
			require.Equal(t, generation.VerdictApprove, approval.Verdict)
		case pipeline.StateHeld:
			status, err := run.SetBudget(ctx, generation.Dollars(5))
			require.NoError(t, err)
			require.Equal(t, generation.Dollars(5), *status.Budget)
		}
	})
	require.NoError(t, err)
	require.Len(t, result.Steps, 3)
	require.Equal(t, pipeline.StateCompleted, states[len(states)-1])
	require.Subset(t, states, []pipeline.State{pipeline.StateApproval, pipeline.StateHeld})

	again, err := pipeline.Open(p.Client, options.ID, "").Get(ctx)
	require.NoError(t, err)
	require.Equal(t, result.Outputs, again.Outputs)
	require.NoError(t, run.Cancel(ctx), "one that has ended")
}

// TestRunIsCanceledAndRerun keeps what was paid for.
func TestRunIsCanceledAndRerun(t *testing.T) {
	t.Parallel()
	p := newPipelines(t, wavespeedtest.Fault{Kind: wavespeedtest.NeverEnds, Input: "a clip", Times: 1})
	ctx := t.Context()
	options := client.StartWorkflowOptions{TaskQueue: p.TaskQueue}
	request := pipeline.Request{Pipeline: parse(t, chain)}
	run, err := pipeline.Start(ctx, p.Client, options, request)
	require.NoError(t, err)
	stack.Eventually(t, "the clip is not submitted", func() bool { return len(p.Simulator.Ledger()) == 2 })
	require.NoError(t, run.Cancel(ctx))
	var canceled *temporal.CanceledError
	_, err = run.Get(ctx)
	require.ErrorAs(t, err, &canceled)

	next, err := pipeline.Open(p.Client, run.WorkflowID(), "").Rerun(ctx, options, request, pipeline.Resume{From: "clip"})
	require.NoError(t, err)
	require.Equal(t, run.WorkflowID(), next.WorkflowID())
	result, err := next.Get(ctx)
	require.NoError(t, err)
	require.True(t, result.Steps[0].Kept)
	require.Len(t, p.Simulator.Ledger(), 4, "still, two clips, film")
}

// TestRunsAreScheduled and those that were missed are not all paid for later.
func TestRunsAreScheduled(t *testing.T) {
	t.Parallel()
	p := newPipelines(t)
	id := "nightly-" + uuid.NewString()
	spec := client.ScheduleSpec{CronExpressions: []string{"0 0 1 1 *"}}
	schedule, err := pipeline.Schedule(t.Context(), p.Client, client.ScheduleOptions{
		ID: id, Spec: spec, Action: &client.ScheduleWorkflowAction{Memo: map[string]any{"of": "tests"}},
	}, p.TaskQueue, pipeline.Request{Pipeline: parse(t, chain)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = schedule.Delete(context.Background()) })
	_, err = pipeline.Schedule(t.Context(), p.Client, client.ScheduleOptions{ID: id, Action: &client.ScheduleWorkflowAction{Workflow: "another"}}, p.TaskQueue, pipeline.Request{})
	require.ErrorContains(t, err, "pipeline: Action: ")
	described, err := schedule.Describe(t.Context())
	require.NoError(t, err)
	require.Equal(t, 10*time.Minute, described.Schedule.Policy.CatchupWindow)
	require.Contains(t, described.Schedule.Action.(*client.ScheduleWorkflowAction).Memo, "of")
	require.NoError(t, schedule.Trigger(t.Context(), client.ScheduleTriggerOptions{}))
	stack.Eventually(t, "nothing is paid", func() bool { return len(p.Simulator.Ledger()) == 3 })
}

// TestRunsNeedATaskQueue, which is said before anything is started.
func TestRunsNeedATaskQueue(t *testing.T) {
	t.Parallel()
	_, err := pipeline.Start(t.Context(), nil, client.StartWorkflowOptions{}, pipeline.Request{})
	require.ErrorContains(t, err, "TaskQueue")
	_, err = pipeline.Schedule(t.Context(), nil, client.ScheduleOptions{}, "", pipeline.Request{})
	require.ErrorContains(t, err, "taskQueue")
}

// TestRunResults are read from the children while they work, and after the run was terminated.
func TestRunResults(t *testing.T) {
	t.Parallel()
	p := newPipelinesWith(t, wavespeedtest.Options{Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.NeverEnds, Input: "product 59"}}})
	started := p.begin(shots, 60)
	run := pipeline.Open(p.Client, started.GetID(), started.GetRunID())
	completed := func() (n int) {
		results, err := run.Results(t.Context())
		require.NoError(t, err)
		require.Len(t, results, 1)
		for _, item := range results[0].Items {
			if item.Last().State == generation.StateCompleted {
				n++
			}
		}
		return n
	}
	stack.Eventually(t, "the children's results are not read", func() bool { return completed() == 59 })
	require.NoError(t, p.Client.TerminateWorkflow(t.Context(), started.GetID(), started.GetRunID(), "test"))
	require.Equal(t, 59, completed())

	_, err := pipeline.Open(p.Client, "nobody", "").Results(t.Context())
	var missing *serviceerror.NotFound
	require.ErrorAs(t, err, &missing)
}
