package keeper

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/quota"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// kept is a keeper in the SDK's environment for tests.
type kept struct {
	*testsuite.TestWorkflowEnvironment
	leases []quota.Lease
}

// keeping is a keeper whose comparisons do what is given.
func keeping(reconcile func(wire.ReconcileInput) (wire.Reconciled, error)) *kept {
	var suite testsuite.WorkflowTestSuite
	k := &kept{TestWorkflowEnvironment: suite.NewTestWorkflowEnvironment()}
	k.RegisterWorkflowWithOptions(Keep, workflow.RegisterOptions{Name: wire.KeeperName})
	k.RegisterActivityWithOptions(reconcile, activity.RegisterOptions{Name: wire.ReconcileName})
	k.OnSignalExternalWorkflow(mock.Anything, mock.Anything, mock.Anything, mock.Anything, mock.Anything).Return(
		func(_, _, _, _ string, arg any) error {
			k.leases = append(k.leases, arg.(quota.Lease))
			return nil
		})
	return k
}

func (k *kept) state(t *testing.T) (state wire.KeeperState) {
	answer, err := k.QueryWorkflow(wire.LimitsQuery)
	require.NoError(t, err)
	require.NoError(t, answer.Get(&state))
	return state
}

// at does something so long after the start.
func (k *kept) at(after time.Duration, do func()) { k.RegisterDelayedCallback(do, after) }

func waits(run string, n int) quota.Report {
	return quota.Report{WorkflowID: run, RunID: run, Group: run, Seq: 1, Since: 1, Waiting: map[quota.Kind]int{quota.Image: n}}
}

// TestSetWhileItBegins: what a person sets before the keeper knows anything holds once it does.
func TestSetWhileItBegins(t *testing.T) {
	t.Parallel()
	tries := 0
	k := keeping(func(in wire.ReconcileInput) (out wire.Reconciled, err error) {
		if tries++; tries <= 20 {
			return out, context.DeadlineExceeded
		}
		out.Configured, out.Started = &wire.Limits{Running: 5}, time.Unix(1, 0)
		return out, nil
	})
	done := false
	k.at(time.Second, func() {
		k.UpdateWorkflow(wire.SetLimitsUpdate, "", &testsuite.TestUpdateCallback{
			OnAccept: func() {}, OnReject: func(err error) { t.Error(err) }, OnComplete: func(_ any, err error) { done = err == nil },
		}, &wire.Limits{Paused: true})
	})
	k.at(time.Hour, func() { k.SignalWorkflow(wire.ReportSignal, waits("run", 2)) })
	k.at(time.Hour+time.Second, func() {
		require.True(t, done)
		require.True(t, k.state(t).Paused())
		require.True(t, k.state(t).Set.Paused)
		k.CancelWorkflow()
	})
	k.ExecuteWorkflow(wire.KeeperName, wire.KeeperInput{Account: "team"})
	require.True(t, k.IsWorkflowCompleted())
}
