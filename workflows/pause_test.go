package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/kernel"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

// pausable is a workflow with one generation, which signals pause and resume.
func pausable(ctx workflow.Context, request generation.Request) (generation.Result, error) {
	onSignal(ctx, "pause", kernel.BoardOf(ctx).Pause)
	onSignal(ctx, "resume", kernel.BoardOf(ctx).Resume)
	if request.Account == "pause first" {
		request.Account = ""
		kernel.BoardOf(ctx).Pause(ctx)
	}
	return workflows.Generate(ctx, request)
}

func onSignal(ctx workflow.Context, name string, do func(workflow.Context)) {
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			workflow.GetSignalChannel(ctx, name).Receive(ctx, nil)
			do(ctx)
		}
	})
}

// signals sends signals at times of the workflow.
func signals(env *testsuite.TestWorkflowEnvironment, at map[time.Duration]string) {
	for wait, name := range at {
		env.RegisterDelayedCallback(func() { env.SignalWorkflow(name, nil) }, wait)
	}
}

// TestPausedBeforeAnythingWasSubmitted: the generation waits, and its deadline with it.
func TestPausedBeforeAnythingWasSubmitted(t *testing.T) {
	t.Parallel()
	p := completes()
	env := newEnv(t, p)
	env.RegisterWorkflow(pausable)
	paused := request()
	paused.Timeout, paused.Account = time.Hour, "pause first"
	var status generation.Status
	env.RegisterDelayedCallback(func() {
		require.Empty(t, p.submits)
		status = queried(t, env)[0]
	}, 20*time.Hour)
	signals(env, map[time.Duration]string{30 * time.Hour: "resume"})
	env.ExecuteWorkflow(pausable, paused)
	got := result(t, env)
	require.Equal(t, generation.StatePaused, status.State)
	require.Equal(t, "the run is paused", status.Attempts[0].Reason)
	require.Empty(t, status.Attempts[0].Nonce, "nobody needs to search for it")
	require.Len(t, p.submits, 1)
	require.InDelta(t, time.Hour, p.submits[0].Within, float64(time.Second))
	require.Empty(t, got.Attempts[0].Reason)
}

// TestWhatRunsIsCollectedWhilePaused, and nothing is submitted after it.
func TestWhatRunsIsCollectedWhilePaused(t *testing.T) {
	t.Parallel()
	for name, outcome := range map[string]wire.Outcome{"completed": completed("https://cdn.test/1.png"), "failed": failed(generation.ErrorTypePredictionFailed, "bad luck")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := accepts()
			env := newEnv(t, p)
			env.RegisterWorkflow(pausable)
			r := request()
			r.MaxPredictions = 2
			submits := 0
			signals(env, map[time.Duration]string{time.Second: "pause", 10 * time.Hour: "resume"})
			env.RegisterDelayedCallback(func() { deliver(env, p, outcome) }, time.Minute)
			env.RegisterDelayedCallback(func() { submits = len(p.submits) }, 9*time.Hour)
			env.RegisterDelayedCallback(func() { deliver(env, p, completed("https://cdn.test/2.png")) }, 10*time.Hour+time.Minute)
			env.ExecuteWorkflow(pausable, r)
			got := result(t, env)
			if name == "completed" {
				require.Equal(t, "https://cdn.test/1.png", got.URL(0))
				require.Len(t, p.submits, 1)
				return
			}
			require.Equal(t, "https://cdn.test/2.png", got.URL(0))
			require.Equal(t, 1, submits, "a failed prediction is not submitted again before the run is resumed")
			require.Len(t, p.submits, 2)
		})
	}
}

// TestPauseStopsRetries: an activity that has the run's memo to say that it is paused sends
// nothing, and returns. The submit is not sent before the run is resumed.
func TestPauseStopsRetries(t *testing.T) {
	t.Parallel()
	p := completes()
	accept := p.submit
	paused, resumed := false, false
	p.submit = func(call int, in wire.SubmitInput) (wire.Submitted, error) {
		switch {
		case paused:
			paused = false
			return wire.Submitted{}, temporal.NewApplicationErrorWithOptions("paused", string(generation.ErrorTypeUnavailable), temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{wire.Waiting{}}})
		case !resumed:
			return wire.Submitted{}, temporal.NewApplicationError("slow down", string(generation.ErrorTypeRateLimited))
		default:
			return accept(call, in)
		}
	}
	env := newEnv(t, p)
	env.RegisterWorkflow(pausable)
	signals(env, map[time.Duration]string{10 * time.Second: "pause", 11 * time.Second: "pause", 50 * time.Hour: "resume"})
	during, before := 0, 0
	var status generation.Status
	env.RegisterDelayedCallback(func() { paused = true }, 10*time.Second)
	env.RegisterDelayedCallback(func() { before = len(p.submits) }, 90*time.Second)
	env.RegisterDelayedCallback(func() {
		during, resumed = len(p.submits), true
		status = queried(t, env)[0]
	}, 49*time.Hour)
	env.ExecuteWorkflow(pausable, request())
	got := result(t, env)
	require.Greater(t, before, 1)
	require.Equal(t, before, during, "nothing is submitted while the run is paused")
	require.Equal(t, generation.StatePaused, status.State)
	require.Len(t, p.submits, during+1)
	require.NotEqual(t, p.submits[0].Nonce, p.submits[during].Nonce)
	require.Len(t, got.Attempts, 1)
	require.Greater(t, p.submits[during].Within, 5*time.Hour+59*time.Minute)
}

func TestCancelWhilePaused(t *testing.T) {
	t.Parallel()
	p := completes()
	env := newEnv(t, p)
	env.RegisterWorkflow(pausable)
	paused := request()
	paused.Account = "pause first"
	env.RegisterDelayedCallback(env.CancelWorkflow, 20*time.Hour)
	env.ExecuteWorkflow(pausable, paused)
	var canceled *temporal.CanceledError
	require.ErrorAs(t, env.GetWorkflowError(), &canceled)
	var status generation.Status
	require.NoError(t, canceled.Details(&status))
	require.Equal(t, generation.StateCanceled, status.State)
	require.Contains(t, status.Attempts[0].Reason, "before anything was submitted")
	require.Empty(t, status.Attempts[0].Nonce)
	require.Empty(t, p.submits)
}

// TestBudgetIsLoweredWhilePaused: what had not been submitted is held to it.
func TestBudgetIsLoweredWhilePaused(t *testing.T) {
	t.Parallel()
	s, env := newTill(t, map[string]generation.USD{"a/b": dollars(1)})
	budget := &workflows.Budget{Limit: dollars(10)}
	env.RegisterDelayedCallback(func() {
		budget.Raise(dollars(2))
		env.SignalWorkflow("resume", nil)
	}, time.Hour)
	play(env, func(ctx workflow.Context) error {
		board := kernel.BoardOf(ctx)
		board.Pause(ctx)
		workflow.Go(ctx, func(ctx workflow.Context) {
			workflow.GetSignalChannel(ctx, "resume").Receive(ctx, nil)
			board.Resume(ctx)
		})
		kernel.BudgetOf(workflows.WithBudget(ctx, budget)).Expect("a/b", dollars(1))
		_, err := workflows.ForEach(ctx, []string{"a", "b", "c", "d"}, workflows.ForEachOptions{Tolerate: 4}, func(ctx workflow.Context, _ int, key string) (generation.Result, error) {
			return workflows.Generate(workflows.WithBudget(ctx, budget), of("a/b", key))
		})
		return err
	})
	require.NoError(t, env.GetWorkflowError())
	require.Len(t, s.submits, 2)
	require.Equal(t, dollars(2), budget.Spent())
}
