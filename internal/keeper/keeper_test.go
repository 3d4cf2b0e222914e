package keeper

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/quota"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// kept is a keeper in the SDK's environment for tests.
type kept struct {
	*testsuite.TestWorkflowEnvironment
	leases []quota.Lease
	to     []string // their runs
}

// keeping is a keeper whose comparisons do what is given.
func keeping(reconcile func(wire.ReconcileInput) (wire.Reconciled, error)) *kept {
	var suite testsuite.WorkflowTestSuite
	k := &kept{TestWorkflowEnvironment: suite.NewTestWorkflowEnvironment()}
	k.RegisterWorkflowWithOptions(Keep, workflow.RegisterOptions{Name: wire.KeeperName})
	k.RegisterActivityWithOptions(reconcile, activity.RegisterOptions{Name: wire.ReconcileName})
	k.OnSignalExternalWorkflow(mock.Anything, mock.Anything, mock.Anything, mock.Anything, mock.Anything).Return(
		func(_, workflowID, _, _ string, arg any) error {
			k.to = append(k.to, workflowID)
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

// TestOtherLimitsOfWorkers replace those that a person has set, but not a pause.
func TestOtherLimitsOfWorkers(t *testing.T) {
	t.Parallel()
	for _, set := range []wire.Limits{{Paused: true}, {Running: 9}} {
		k := keeping(func(wire.ReconcileInput) (out wire.Reconciled, err error) {
			out.Configured, out.Started = &wire.Limits{Running: 6}, time.Unix(2, 0)
			return out, nil
		})
		state := given(wire.Limits{Running: 5})
		state.Set = &set
		k.at(time.Second, func() { k.SignalWorkflow(wire.ReportSignal, waits("run", 20)) })
		k.at(time.Hour, func() {
			require.Equal(t, 6, k.state(t).Configured.Running)
			require.Equal(t, set.Paused, k.state(t).Set != nil)
			k.CancelWorkflow()
		})
		k.ExecuteWorkflow(wire.KeeperName, wire.KeeperInput{Account: "team", State: state})
		require.True(t, k.IsWorkflowCompleted())
	}
}

// given is a state with limits, with which a keeper need not begin.
func given(limits wire.Limits) *wire.KeeperState {
	state := &wire.KeeperState{Keeper: quota.NewKeeper(), Configured: &limits}
	state.Limits = limits.Quota()
	return state
}

// TestBeginsAnew: what the former keeper knew is asked for several times before a new one does
// without.
func TestBeginsAnew(t *testing.T) {
	t.Parallel()
	var settled []bool
	k := keeping(func(in wire.ReconcileInput) (out wire.Reconciled, err error) {
		if !in.Settle {
			err = temporal.NewNonRetryableApplicationError("away", "", nil)
		}
		settled = append(settled, in.Settle)
		return out, err
	})
	k.at(time.Hour, k.CancelWorkflow)
	k.ExecuteWorkflow(wire.KeeperName, wire.KeeperInput{Account: "team"})
	require.Equal(t, []bool{false, false, false, true}, settled)
}

// TestBeginsForLong: a keeper that can't begin does not grow for ever.
func TestBeginsForLong(t *testing.T) {
	t.Parallel()
	k := keeping(func(wire.ReconcileInput) (wire.Reconciled, error) {
		return wire.Reconciled{}, temporal.NewNonRetryableApplicationError("away", "", nil)
	})
	k.SetContinueAsNewSuggested(true)
	k.ExecuteWorkflow(wire.KeeperName, wire.KeeperInput{Account: "team", TaskQueue: "queue"})
	next := k.next(t)
	require.Equal(t, wire.KeeperInput{Account: "team", TaskQueue: "queue"}, next)
}

// next is what the keeper continues as new with.
func (k *kept) next(t *testing.T) (next wire.KeeperInput) {
	t.Helper()
	var again *workflow.ContinueAsNewError
	require.ErrorAs(t, k.GetWorkflowError(), &again)
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(again.Input, &next))
	return next
}

// TestLeaves: a keeper with a long history goes on until what is under way has arrived, but not
// for long.
func TestLeaves(t *testing.T) {
	t.Parallel()
	k := keeping(func(wire.ReconcileInput) (wire.Reconciled, error) { return wire.Reconciled{}, nil })
	k.OnActivity(wire.ReconcileName, mock.Anything).Return(wire.Reconciled{}, nil).After(time.Hour)
	k.at(time.Second, func() { k.SignalWorkflow(wire.ReportSignal, waits("first", 2)) })
	k.at(3*time.Minute, func() { // it compares what it knows since a while
		k.SetContinueAsNewSuggested(true)
		k.SignalWorkflow(wire.ReportSignal, waits("second", 2))
	})
	k.at(3*time.Minute+2*time.Second, func() {
		require.NotContains(t, k.to, "second")
		k.SignalWorkflow(wire.ReportSignal, quota.Report{WorkflowID: "first", RunID: "first", Group: "first", Seq: 2, Since: 1, Gone: true})
	})
	var left time.Time
	k.at(3*time.Minute+4*time.Second, func() {
		require.Contains(t, k.to, "second", "it divides")
		left = k.Now()
	})
	k.ExecuteWorkflow(wire.KeeperName, wire.KeeperInput{Account: "team", State: given(wire.Limits{Running: 1})})
	next := k.next(t)
	require.Len(t, next.State.Holders, 1)
	require.Equal(t, "second", next.State.Holders[0].Report.RunID)
	require.Less(t, k.Now().Sub(left), 10*time.Second)
}

// TestCountsBeforeItGrants: after a refusal, others may run that the keeper does not know of.
func TestCountsBeforeItGrants(t *testing.T) {
	t.Parallel()
	others := 4
	k := keeping(func(wire.ReconcileInput) (out wire.Reconciled, err error) {
		out.Running = &others
		return out, nil
	})
	report := waits("run", 3)
	k.at(time.Second, func() { k.SignalWorkflow(wire.ReportSignal, report) })
	k.at(2*time.Second, func() {
		report.Seq, report.Seen, report.Refused = 2, 1, 3
		k.SignalWorkflow(wire.ReportSignal, report)
	})
	k.at(time.Minute, k.CancelWorkflow)
	k.ExecuteWorkflow(wire.KeeperName, wire.KeeperInput{Account: "team", State: given(wire.Limits{Running: 5})})
	require.Equal(t, 1, k.leases[1].Slots)
}
