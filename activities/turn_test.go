package activities_test

import (
	"cmp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"github.com/wavespeed-temporal/wavespeed-temporal/activities"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// attempts runs a submit's attempts in one process.
type attempts struct {
	t       *testing.T
	acts    *activities.Activities
	failure *failurepb.Failure // of the attempt before
	within  time.Duration      // zero for what submitInput says
}

func (a attempts) run(attempt int32) error {
	a.t.Helper()
	activities.SetClient(a.acts, &fakeTemporal{alive: true, attempt: attempt, failure: a.failure})
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment().SetWorkerOptions(worker.Options{
		Interceptors: []interceptor.WorkerInterceptor{&later{by: time.Second, attempt: attempt}},
	})
	a.acts.Register(env)
	in := submitInput(`{}`)
	in.Within = cmp.Or(a.within, in.Within)
	_, err := env.ExecuteActivity(wire.SubmitName, in)
	return err
}

// TestAttemptAfterAnothersWorker: a submit is tried again only if the attempt before, on
// another worker, proves that it was not accepted. A codec that failed to encode the result
// does not.
func TestAttemptAfterAnothersWorker(t *testing.T) {
	t.Parallel()
	application := func(kind generation.ErrorType, message string) *failurepb.Failure {
		return &failurepb.Failure{Message: message, FailureInfo: &failurepb.Failure_ApplicationFailureInfo{
			ApplicationFailureInfo: &failurepb.ApplicationFailureInfo{Type: string(kind)},
		}}
	}
	for name, c := range map[string]struct {
		failure *failurepb.Failure
		attempt int32
		submits int
	}{
		"not accepted":         {application(generation.ErrorTypeRateLimited, "429"), 2, 1},
		"not sent":             {application(generation.ErrorTypeUnavailable, "no key"), 2, 1},
		"not registered":       {application("ActivityNotRegisteredError", ""), 2, 1},
		"not registered later": {application("ActivityNotRegisteredError", ""), 3, 0},
		"input not decoded":    {application("wrapError", "unable to decode the activity function input payload with error: x"), 2, 1},
		"result not encoded":   {application("wrapError", "unable to encode: the key server is down"), 2, 0},
		"ended by hand":        {application("", "failed by an operator"), 2, 0},
		"nothing is known":     {nil, 2, 0},
		"unknown, by its name": {application(generation.ErrorTypeSubmitUnknown, ""), 2, 0},
		"not decoded again":    {application("wrapError", "unable to decode the activity function input payload with error: x"), 3, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := accepting()
			acts, err := activities.New(forProvider(p))
			require.NoError(t, err)
			err = attempts{t: t, acts: acts, failure: c.failure}.run(c.attempt)
			require.Len(t, p.submits, c.submits)
			if c.submits > 0 {
				require.NoError(t, err)
				return
			}
			var failure *temporal.ApplicationError
			require.ErrorAs(t, err, &failure)
			require.Equal(t, generation.ErrorTypeSubmitUnknown, generation.ErrorTypeOf(failure))
			require.True(t, failure.NonRetryable())
		})
	}
}

// TestDeadlineAfterAnothersWorker: that no time is left does not mean that nothing was accepted.
func TestDeadlineAfterAnothersWorker(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]generation.ErrorType{
		"wrapError":                             generation.ErrorTypeSubmitUnknown,
		string(generation.ErrorTypeRateLimited): generation.ErrorTypeDeadlineExceeded,
	} {
		p := accepting()
		acts, err := activities.New(forProvider(p))
		require.NoError(t, err)
		before := &failurepb.Failure{FailureInfo: &failurepb.Failure_ApplicationFailureInfo{ApplicationFailureInfo: &failurepb.ApplicationFailureInfo{Type: kind}}}
		err = attempts{t: t, acts: acts, failure: before, within: time.Nanosecond}.run(2)
		require.Equal(t, want, generation.ErrorTypeOf(err), kind)
		require.Empty(t, p.submits)
	}
}

// TestAfterAReset: a first attempt of an activity that a person has reset, and a submit of the run
// that this one was reset from, even where the worker has no key for the account.
func TestAfterAReset(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		tried bool
		run   string
		from  string // the account
	}{
		"activity":           {true, testRunID, generation.DefaultAccount},
		"run":                {false, "another", generation.DefaultAccount},
		"run, without a key": {false, "another", "studio"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := accepting()
			acts, err := activities.New(forProvider(p))
			require.NoError(t, err)
			activities.SetClient(acts, &fakeTemporal{alive: true, tried: c.tried})
			var suite testsuite.WorkflowTestSuite
			env := suite.NewTestActivityEnvironment().SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{&later{by: time.Minute}}})
			acts.Register(env)
			in := submitInput(`{}`)
			in.RunID, in.Account = c.run, c.from
			_, err = env.ExecuteActivity(wire.SubmitName, in)
			require.Equal(t, generation.ErrorTypeSubmitUnknown, generation.ErrorTypeOf(err), err)
			require.Empty(t, p.submits)
		})
	}
}

// TestAttemptAfterOnesOwn asks nobody: this process knows that nothing was accepted.
func TestAttemptAfterOnesOwn(t *testing.T) {
	t.Parallel()
	p := accepting()
	accept := p.submit
	p.submit = func(provider.SubmitRequest) (provider.Prediction, error) {
		return provider.Prediction{}, said(provider.Limited, "slow down")
	}
	acts, err := activities.New(forProvider(p))
	require.NoError(t, err)
	a := attempts{t: t, acts: acts}
	require.Error(t, a.run(1))
	p.submit = accept
	require.NoError(t, a.run(2))
	require.Len(t, p.submits, 2)
}
