package workflows_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/quota"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

// kept is a run whose account has limits, and the reports that it sends to their keeper.
type kept struct {
	*testsuite.TestWorkflowEnvironment
	reports []quota.Report
	lease   quota.Lease
	granted int
	silent  bool             // it answers nothing
	counted map[string]int64 // by metric and account
}

// newKept has a keeper that answers reports with the latest lease.
func newKept(t *testing.T, p *provider, lease quota.Lease) *kept {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	k := &kept{counted: make(map[string]int64), lease: lease}
	suite.SetMetricsHandler(counters{client.MetricsNopHandler, k.counted, ""})
	k.TestWorkflowEnvironment = suite.NewTestWorkflowEnvironment()
	limited := func(string, string) (quota.Kind, bool) { return quota.Image, true }
	k.SetWorkerOptions(sdkworker.Options{DeadlockDetectionTimeout: time.Minute, Interceptors: []interceptor.WorkerInterceptor{&workflows.Interceptor{Limits: limited}}})
	k.RegisterWorkflowWithOptions(workflows.Generate, workflow.RegisterOptions{Name: generation.WorkflowName})
	k.RegisterActivityWithOptions(p.Submit, activity.RegisterOptions{Name: wire.SubmitName})
	k.RegisterActivityWithOptions(p.Find, activity.RegisterOptions{Name: wire.FindName})
	k.RegisterActivityWithOptions(p.Await, activity.RegisterOptions{Name: wire.AwaitName})
	k.SetTestTimeout(time.Minute)
	k.OnSignalExternalWorkflow(mock.Anything, wire.KeeperID(generation.DefaultAccount), mock.Anything, wire.ReportSignal, mock.Anything).Return(
		func(_, _, _, _ string, arg any) error {
			k.reports = append(k.reports, arg.(quota.Report))
			if r := k.last(); !k.silent && (r.Seen == 0 || r.Ask || r.Refused > 0) {
				k.grant(k.lease, 100*time.Millisecond)
			}
			return nil
		})
	return k
}

// grant sends a lease after a while.
func (k *kept) grant(lease quota.Lease, after time.Duration) {
	last := k.reports[len(k.reports)-1]
	if last.Gone {
		return
	}
	k.granted++
	k.lease, lease.For, lease.Seq = lease, last.Since, k.granted
	k.RegisterDelayedCallback(func() { k.SignalWorkflow(wire.LeaseSignal(generation.DefaultAccount), lease) }, after)
}

func (k *kept) last() quota.Report { return k.reports[len(k.reports)-1] }

func refuses(details any) error {
	return temporal.NewApplicationErrorWithOptions("refused", string(generation.ErrorTypeRateLimited), temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{details}})
}

// TestRefusedForEver: a submit that is always refused though it has a slot is left to Temporal's
// retries, and ends with its deadline.
func TestRefusedForEver(t *testing.T) {
	t.Parallel()
	p := accepts()
	leased := 0
	p.submit = func(_ int, in wire.SubmitInput) (wire.Submitted, error) {
		if !in.Insists {
			leased++
			return wire.Submitted{}, refuses(wire.Refusal{Refused: true, Pool: quota.Running})
		}
		return wire.Submitted{}, temporal.NewApplicationErrorWithOptions("refused", string(generation.ErrorTypeRateLimited),
			temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{wire.Waiting{After: time.Hour}}})
	}
	k := newKept(t, p, quota.Lease{Slots: 300})
	k.ExecuteWorkflow(generation.WorkflowName, request())
	got, _ := failure(t, k.TestWorkflowEnvironment)
	require.Equal(t, generation.ErrorTypeRateLimited, generation.ErrorTypeOf(got))
	require.Equal(t, 3, leased)
	require.Less(t, len(p.submits), 12)
	require.True(t, k.last().Gone)
	require.Less(t, len(k.reports), 10)
}

// TestRetriesOfAPausedAccountWait: a submit that waits for the provider gives its slot back from
// time to time, so a pause of the account holds it.
func TestRetriesOfAPausedAccountWait(t *testing.T) {
	t.Parallel()
	p := accepts()
	k := newKept(t, p, quota.Lease{Slots: 1})
	p.submit = func(call int, _ wire.SubmitInput) (wire.Submitted, error) {
		if call == 1 {
			return wire.Submitted{}, temporal.NewApplicationErrorWithOptions("away", string(generation.ErrorTypeUnavailable),
				temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{wire.Waiting{After: 10 * time.Second}}})
		}
		return wire.Submitted{}, errors.New("not expected")
	}
	k.RegisterDelayedCallback(func() { k.grant(quota.Lease{Paused: true}, 0) }, 5*time.Second)
	k.RegisterDelayedCallback(func() { require.Len(t, p.submits, 1) }, 10*time.Hour)
	k.RegisterDelayedCallback(k.CancelWorkflow, 10*time.Hour)
	k.ExecuteWorkflow(generation.WorkflowName, request())
	require.Len(t, p.submits, 1)
}

// counters are what was counted, by metric and account.
type counters struct {
	client.MetricsHandler
	of      map[string]int64
	account string
}

func (c counters) WithTags(tags map[string]string) client.MetricsHandler {
	return counters{c.MetricsHandler.WithTags(tags), c.of, tags[wire.TagAccount]}
}

func (c counters) Counter(name string) client.MetricsCounter {
	return counter(func(n int64) { c.of[name+" "+c.account] += n })
}

type counter func(int64)

func (c counter) Inc(n int64) { c(n) }

// TestSubmitsWithoutTheKeeperAreCounted while it is away.
func TestSubmitsWithoutTheKeeperAreCounted(t *testing.T) {
	t.Parallel()
	p := completes()
	k := newKept(t, p, quota.Lease{})
	k.silent = true
	k.ExecuteWorkflow(generation.WorkflowName, request())
	require.NoError(t, k.GetWorkflowError())
	require.True(t, p.submits[0].Ungated)
	require.Equal(t, int64(1), k.counted[wire.MetricLimitUngated+" "+generation.DefaultAccount])
}
