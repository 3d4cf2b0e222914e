package activities_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/wavespeed-temporal/wavespeed-temporal/activities"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// TestAnOutageIsLoggedOnce and not for each of the calls that fail.
func TestAnOutageIsLoggedOnce(t *testing.T) {
	t.Parallel()
	refused := &provider.Error{Op: "result", Accepted: provider.NeverSent, Err: errors.New("connection refused")}
	gateway := said(provider.Unclear, "blocked")
	canceled := &provider.Error{Op: "result", Err: context.Canceled}
	for name, c := range map[string]struct {
		err  error
		warn bool
	}{
		"not reached":             {refused, true},
		"503":                     {said(provider.Failed, ""), true},
		"a gateway in its place":  {gateway, true},
		"refused by the provider": {said(provider.KeyRefused, ""), false},
		"limited":                 {said(provider.Limited, ""), false},
		"canceled by us":          {canceled, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var answer error
				p := &fake{result: func(string) (provider.Prediction, error) {
					return provider.Prediction{ID: "p1", State: provider.StateCompleted}, answer
				}}
				acts, err := activities.New(forProvider(p))
				require.NoError(t, err)
				var logged logs
				var suite testsuite.WorkflowTestSuite
				suite.SetLogger(logged.logger())
				env := suite.NewTestActivityEnvironment()
				acts.Register(env)
				call := func(result error) {
					answer = result
					_, _ = env.ExecuteActivity(wire.AwaitName, wire.AwaitInput{
						Key: "still", Account: generation.DefaultAccount, PredictionID: "p1",
					})
				}
				warned := func() int { return logged.count("level=WARN") }

				for range 100 { // in one moment, as when a connection breaks
					call(c.err)
				}
				require.Zero(t, warned())
				call(nil)
				require.Zero(t, logged.count("level=INFO"))

				for range 9 * 60 { // for nine minutes
					time.Sleep(time.Second)
					call(c.err)
				}
				if !c.warn {
					require.Zero(t, warned())
					return
				}
				require.Equal(t, 1, warned())
				require.Equal(t, 1, logged.count("account="+generation.DefaultAccount))
				require.NotZero(t, logged.count(c.err.Error()))
				for range 3 * 60 {
					time.Sleep(time.Second)
					call(c.err)
				}
				require.Equal(t, 2, warned(), "again after ten minutes")
				call(nil)
				call(nil)
				require.Equal(t, 1, logged.count("level=INFO"))
				require.Equal(t, 1, logged.count("WaveSpeed answers again"))
			})
		})
	}
}
