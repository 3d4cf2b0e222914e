package workflows_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

// spread is what became of a ForEach over 0 to n-1, each of which takes a minute.
type spread struct {
	items []workflows.Item[string]
	err   error
	most  int // at once
	begun []int
}

func spreadOver(t *testing.T, n int, options workflows.ForEachOptions, fails map[int]error) *spread {
	t.Helper()
	return spreadUntil(t, n, options, fails, 0)
}

// spreadUntil cancels the workflow after some time.
func spreadUntil(t *testing.T, n int, options workflows.ForEachOptions, fails map[int]error, cancel time.Duration) *spread {
	t.Helper()
	env := newEnv(t, accepts())
	if cancel > 0 {
		env.RegisterDelayedCallback(env.CancelWorkflow, cancel)
	}
	items := make([]int, n)
	for i := range items {
		items[i] = i
	}
	s, now := &spread{}, 0
	play(env, func(ctx workflow.Context) error {
		s.items, s.err = workflows.ForEach(ctx, items, options, func(ctx workflow.Context, i, item int) (string, error) {
			s.begun = append(s.begun, item)
			now++
			defer func() { now-- }()
			s.most = max(s.most, now)
			// Those that come first take longest, so that they do not end in their order.
			if err := workflow.Sleep(ctx, time.Minute+time.Duration(n-i)*time.Second); err != nil {
				return "", err
			}
			return fmt.Sprint(item), fails[i]
		})
		return nil
	})
	require.NoError(t, env.GetWorkflowError())
	return s
}

func TestForEach(t *testing.T) {
	t.Parallel()
	s := spreadOver(t, 25, workflows.ForEachOptions{MaxParallel: 4}, nil)
	require.NoError(t, s.err)
	require.Equal(t, 4, s.most)
	require.Len(t, s.items, 25)
	for i, item := range s.items {
		require.Equal(t, workflows.Item[string]{Begun: true, Result: fmt.Sprint(i)}, item)
	}
}

func TestForEachDefaults(t *testing.T) {
	t.Parallel()
	for _, most := range []int{0, -1} {
		s := spreadOver(t, 25, workflows.ForEachOptions{MaxParallel: most}, nil)
		require.NoError(t, s.err)
		require.Equal(t, 10, s.most)
	}
	s := spreadOver(t, 0, workflows.ForEachOptions{}, nil)
	require.NoError(t, s.err)
	require.Empty(t, s.items)
	require.Equal(t, 3, spreadOver(t, 3, workflows.ForEachOptions{MaxParallel: 100}, nil).most)
}

func TestForEachTolerates(t *testing.T) {
	t.Parallel()
	no := temporal.NewNonRetryableApplicationError("no", "test", nil)
	s := spreadOver(t, 10, workflows.ForEachOptions{MaxParallel: 2, Tolerate: 2}, map[int]error{2: no, 5: no})
	require.NoError(t, s.err)
	for i, item := range s.items {
		require.True(t, item.Begun)
		require.Equal(t, i == 2 || i == 5, item.Err != nil)
	}
}

// TestForEachGivesUp: after too many failures, no more items start; running ones end.
func TestForEachGivesUp(t *testing.T) {
	t.Parallel()
	fails := make(map[int]error)
	for i := range 10 {
		fails[i] = temporal.NewNonRetryableApplicationError(fmt.Sprintf("no %d", i), "test", nil)
	}
	delete(fails, 0)
	s := spreadOver(t, 10, workflows.ForEachOptions{MaxParallel: 3, Tolerate: 1}, fails)
	var failure *temporal.ApplicationError
	require.ErrorAs(t, s.err, &failure)
	require.Equal(t, generation.ErrorTypeTooManyFailed, generation.ErrorTypeOf(failure))
	require.True(t, failure.NonRetryable())
	require.Equal(t, "3 of 4 items failed, and 1 are tolerated. The first: no 2", failure.Message(), "the first to fail, which was not the first")
	require.ErrorIs(t, s.err, fails[2])
	require.Equal(t, []int{0, 1, 2, 3}, s.begun)
	for i, item := range s.items {
		require.Equal(t, i < 4, item.Begun)
	}
	require.Equal(t, "0", s.items[0].Result)
	require.Equal(t, fails[3], s.items[3].Err, "those under way are not lost")

	s = spreadOver(t, 2, workflows.ForEachOptions{MaxParallel: 1}, map[int]error{0: errors.New("no such thing")})
	require.ErrorContains(t, s.err, "1 of 1 items failed, and 0 are tolerated. The first: no such thing")
}

func TestForEachStops(t *testing.T) {
	t.Parallel()
	asked := 0
	s := spreadOver(t, 10, workflows.ForEachOptions{MaxParallel: 1, Stop: func() bool { asked++; return asked > 3 }}, nil)
	require.NoError(t, s.err)
	require.Equal(t, []int{0, 1, 2}, s.begun)
	require.False(t, s.items[3].Begun)
}

func TestForEachIsCanceled(t *testing.T) {
	t.Parallel()
	s := spreadUntil(t, 10, workflows.ForEachOptions{MaxParallel: 2, Tolerate: 10}, nil, 90*time.Second)
	require.True(t, temporal.IsCanceledError(s.err))
	require.Equal(t, []int{0, 1, 2, 3}, s.begun)
	require.NoError(t, s.items[0].Err)
	require.True(t, temporal.IsCanceledError(s.items[2].Err))
	require.False(t, s.items[4].Begun)
}
