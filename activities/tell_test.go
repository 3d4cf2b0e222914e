package activities_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/testsuite"

	"github.com/wavespeed-temporal/wavespeed-temporal/activities"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// told is a namespace whose keeper is told limits.
type told struct {
	client.Client
	fails error
	by    []wire.Reconciled
}

func (t *told) SignalWorkflow(_ context.Context, id, run, name string, arg any) error {
	if id != wire.KeeperID(generation.DefaultAccount) || run != "" || name != wire.ConfiguredSignal {
		return errors.New("not expected")
	}
	t.by = append(t.by, arg.(wire.Reconciled))
	return t.fails
}

// TestWorkersTellTheirLimits once, with their first submit that has a slot.
func TestWorkersTellTheirLimits(t *testing.T) {
	t.Parallel()
	given := wire.Limits{Running: 3}
	for name, c := range map[string]struct {
		limits map[string]wire.Limits
		leased bool
		fails  error
		want   int
	}{
		"leased":     {map[string]wire.Limits{generation.DefaultAccount: given}, true, nil, 1},
		"not leased": {map[string]wire.Limits{generation.DefaultAccount: given}, false, nil, 0},
		"no limits":  {nil, true, nil, 0},
		"no keeper":  {map[string]wire.Limits{generation.DefaultAccount: given}, true, serviceerror.NewNotFound("no such workflow"), 1},
		"away":       {map[string]wire.Limits{generation.DefaultAccount: given}, true, serviceerror.NewUnavailable("away"), 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := accepting()
			options := forProvider(p)
			options.Limits = c.limits
			acts, err := activities.New(options)
			require.NoError(t, err)
			at := &told{fails: c.fails}
			activities.SetClient(acts, at)
			var suite testsuite.WorkflowTestSuite
			env := suite.NewTestActivityEnvironment()
			acts.Register(env)
			in := submitInput(`{}`)
			for _, nonce := range []string{"n1", "n2"} {
				in.Nonce, in.Leased = nonce, c.leased
				_, err = env.ExecuteActivity(wire.SubmitName, in)
				require.NoError(t, err)
			}
			require.Len(t, p.submits, 2)
			require.Len(t, at.by, c.want)
			for _, got := range at.by {
				require.Equal(t, &given, got.Configured)
				require.False(t, got.Started.IsZero())
			}
		})
	}
}
