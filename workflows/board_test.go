package workflows_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/kernel"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

// TestStatuses are what the workflow has made so far, and do not change with it.
func TestStatuses(t *testing.T) {
	t.Parallel()
	env := newEnv(t, completes())
	var before, after []generation.Status
	var first generation.Status
	known, unknown := false, true
	play(env, func(ctx workflow.Context) error {
		for _, key := range []string{"b", "a"} {
			if _, err := workflows.Generate(ctx, of("a/b", key)); err != nil {
				return err
			}
			if key == "b" {
				before = workflows.Statuses(ctx)
			}
		}
		after = workflows.Statuses(ctx)
		after[0].Attempts[0].State = generation.StateFailed
		first, known = kernel.BoardOf(ctx).StatusOf("b")
		_, unknown = kernel.BoardOf(ctx).StatusOf("c")
		return nil
	})
	require.NoError(t, env.GetWorkflowError())
	require.Len(t, before, 1)
	require.Len(t, after, 2)
	require.Equal(t, []string{"b", "a"}, []string{after[0].Key, after[1].Key}, "in the order in which they were started")
	require.True(t, known)
	require.Equal(t, generation.StateCompleted, first.Attempts[0].State)
	require.False(t, unknown)
	require.Len(t, queried(t, env), 2)
}

// TestDetails: a workflow may write its own, or have them written by its own function.
func TestDetails(t *testing.T) {
	t.Parallel()
	env := newEnv(t, completes())
	var table, own, updated, rendered string
	play(env, func(ctx workflow.Context) error {
		if _, err := workflows.Generate(ctx, of("a/b", "first")); err != nil {
			return err
		}
		table = workflow.GetCurrentDetails(ctx)
		scenes := 1
		kernel.BoardOf(ctx).ShowDetails(ctx, func(statuses []*generation.Status) string { return fmt.Sprintf("%d made of %d", len(statuses), scenes) })
		rendered = workflow.GetCurrentDetails(ctx)
		scenes = 7
		kernel.BoardOf(ctx).UpdateDetails(ctx)
		updated = workflow.GetCurrentDetails(ctx)
		workflow.SetCurrentDetails(ctx, "mine")
		if _, err := workflows.Generate(ctx, of("a/b", "second")); err != nil {
			return err
		}
		own = workflow.GetCurrentDetails(ctx)
		return nil
	})
	require.NoError(t, env.GetWorkflowError())
	require.Contains(t, table, "| first | a/b | **completed** |")
	require.Equal(t, "1 made of 1", rendered)
	require.Equal(t, "1 made of 7", updated)
	require.Equal(t, "mine", own, "what the workflow says itself stays")
}

// TestKeysDiffer: a signal names a generation by its key.
func TestKeysDiffer(t *testing.T) {
	t.Parallel()
	p := completes()
	env := newEnv(t, p)
	play(env, func(ctx workflow.Context) error {
		if _, err := workflows.Generate(ctx, of("a/b", "still")); err != nil {
			return err
		}
		_, err := workflows.Generate(ctx, of("a/c", "still"))
		return err
	})
	err, _ := failure(t, env)
	require.Equal(t, generation.ErrorTypeInvalidInput, generation.ErrorTypeOf(err))
	require.Contains(t, err.Message(), `generation "still" already exists in this workflow run`)
	require.Len(t, p.submits, 1)
}

func TestQueryWhileItRuns(t *testing.T) {
	t.Parallel()
	p := accepts()
	env := newEnv(t, p)
	var during []generation.Status
	env.RegisterDelayedCallback(func() { during = queried(t, env) }, 10*time.Second)
	env.RegisterDelayedCallback(func() { deliver(env, p, completed("https://cdn.test/1.png")) }, 20*time.Second)
	env.ExecuteWorkflow(generation.WorkflowName, request())
	result(t, env)
	require.Len(t, during, 1)
	require.Equal(t, generation.StateWaiting, during[0].State)
	require.Equal(t, predictionID, during[0].PredictionID())
	require.NotEmpty(t, during[0].Fingerprint)
}
