package activities_test

import (
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
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// TestPausedRunsSubmitNothing, nor do those of paused accounts, that had to wait for a worker or for another attempt. What a worker
// takes immediately costs no question. A late attempt costs one about itself, too.
func TestPausedRunsSubmitNothing(t *testing.T) {
	t.Parallel()
	refused := &failurepb.Failure{FailureInfo: &failurepb.Failure_ApplicationFailureInfo{
		ApplicationFailureInfo: &failurepb.ApplicationFailureInfo{Type: string(generation.ErrorTypeRateLimited)},
	}}
	paused := []string{wire.PausedMemo(2), wire.PausedMemo(1), wire.ResumedMemo(1)}
	for name, c := range map[string]struct {
		of      string
		leased  bool
		attempt int32
		late    time.Duration
		memos   []string
		submits int
		asked   int
	}{
		"retried":            {pipeline.WorkflowName, false, 2, 0, paused, 0, 2}, // about the attempt, too
		"late":               {runwire.ItemsName, false, 1, time.Minute, paused, 0, 2},
		"prompt":             {pipeline.WorkflowName, false, 1, 0, paused, 1, 0},
		"resumed":            {runwire.ItemsName, false, 1, time.Minute, append(paused, wire.ResumedMemo(2)), 1, 2},
		"never paused":       {pipeline.WorkflowName, false, 1, time.Minute, nil, 1, 2},
		"can't be paused":    {generation.WorkflowName, false, 1, time.Minute, paused, 1, 1},
		"somebody's own":     {"Film", false, 1, time.Minute, paused, 1, 1},
		"its account is":     {"Film", true, 1, time.Minute, paused, 0, 2},
		"its account was":    {"Film", true, 2, 0, append(paused, wire.ResumedMemo(2)), 1, 2},
		"prompt, account is": {"Film", true, 1, 0, paused, 1, 0},
		"retried, resumed":   {pipeline.WorkflowName, false, 2, 0, paused[1:], 1, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := accepting()
			acts, err := activities.New(forProvider(p))
			require.NoError(t, err)
			temporalServer := &fakeTemporal{alive: true, attempt: c.attempt, failure: refused, memos: c.memos}
			activities.SetClient(acts, temporalServer)
			var suite testsuite.WorkflowTestSuite
			env := suite.NewTestActivityEnvironment().SetWorkerOptions(worker.Options{
				Interceptors: []interceptor.WorkerInterceptor{&later{by: c.late, attempt: c.attempt, of: c.of}},
			})
			acts.Register(env)
			in := submitInput(`{}`)
			in.Leased = c.leased
			_, err = env.ExecuteActivity(wire.SubmitName, in)
			require.Len(t, p.submits, c.submits)
			require.Equal(t, c.asked, temporalServer.asked)
			if c.submits > 0 {
				require.NoError(t, err)
				return
			}
			var failure *temporal.ApplicationError
			require.ErrorAs(t, err, &failure)
			require.Equal(t, generation.ErrorTypeUnavailable, generation.ErrorTypeOf(failure))
			require.True(t, failure.NonRetryable(), "its workflow waits, not Temporal")
			waiting := wire.Waiting{After: time.Hour}
			require.NoError(t, failure.Details(&waiting))
			require.LessOrEqual(t, waiting.After, time.Second)
		})
	}
}
