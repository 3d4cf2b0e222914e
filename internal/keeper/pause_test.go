package keeper

import (
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/quota"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// TestWhatWorkersTell applies at once, if the worker was started last, and a pause is in the memo.
func TestWhatWorkersTell(t *testing.T) {
	t.Parallel()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.RegisterWorkflowWithOptions(Keep, workflow.RegisterOptions{Name: wire.KeeperName})
	memo := make(map[string]any)
	env.OnUpsertMemo(mock.Anything).Return(nil).Run(func(args mock.Arguments) {
		maps.Copy(memo, args.Get(0).(map[string]any))
		maps.DeleteFunc(memo, func(_ string, value any) bool { return value == nil })
	})
	began := env.Now()
	tells := func(limits wire.Limits, started, at time.Duration) {
		env.RegisterDelayedCallback(func() {
			env.SignalWorkflow(wire.ConfiguredSignal, wire.Reconciled{Configured: &limits, Started: began.Add(started)})
		}, at)
	}
	shows := func(at time.Duration, running int, paused bool) {
		env.RegisterDelayedCallback(func() {
			answer, err := env.QueryWorkflow(wire.LimitsQuery)
			require.NoError(t, err)
			var state wire.KeeperState
			require.NoError(t, answer.Get(&state))
			require.Equal(t, running, state.Limits[quota.Running])
			require.Equal(t, paused, wire.IsPaused(maps.Keys(memo)))
			require.LessOrEqual(t, len(memo), 2)
		}, at)
	}
	shows(time.Second, 5, false)
	tells(wire.Limits{Paused: true}, time.Minute, 2*time.Second)
	shows(3*time.Second, 0, true)
	tells(wire.Limits{Running: 9}, 0, 4*time.Second) // an older worker
	shows(5*time.Second, 0, true)
	tells(wire.Limits{Running: 7}, 2*time.Minute, 6*time.Second)
	shows(7*time.Second, 7, false)
	tells(wire.Limits{Paused: true}, 3*time.Minute, 8*time.Second)
	shows(9*time.Second, 0, true)
	env.RegisterDelayedCallback(env.CancelWorkflow, 10*time.Second)
	limits := &wire.Limits{Running: 5}
	state := &wire.KeeperState{Keeper: quota.NewKeeper(), Configured: limits, Since: began}
	state.Limits = limits.Quota()
	env.ExecuteWorkflow(wire.KeeperName, wire.KeeperInput{Account: "team", State: state})
	require.True(t, env.IsWorkflowCompleted())
}
