package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

func (s *stage) submitted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.prompts)
}

// TestPauseForDays: the run continues where it is, also if it was paused before it had begun,
// and twice.
func TestPauseForDays(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.after(0, func() { s.command(wire.RunPauseUpdate) })
	s.after(time.Hour, func() { s.command(wire.RunPauseUpdate) })
	s.after(20*24*time.Hour, func() {
		status := s.status()
		require.Equal(t, pipeline.StatePaused, status.State)
		require.Equal(t, map[string]pipeline.State{"a": pipeline.StatePaused, "b": pipeline.StateWaiting}, states(status.Steps))
		require.WithinDuration(t, status.Started, status.Paused, time.Minute)
		require.Zero(t, s.submitted())
		s.command(wire.RunResumeUpdate)
		s.command(wire.RunResumeUpdate)
	})
	s.run("steps: {a: {model: a/b, timeout: 1h, input: {prompt: a}}, b: {needs: [a], model: a/b, timeout: 1h, input: {prompt: b}}}", nil)
	s.result()
	require.Equal(t, []string{"a", "b"}, s.prompts)
	require.Equal(t, []string{"", "", "", ""}, s.answers)
	require.Zero(t, s.status().Paused)
}

// command sends an update that has no argument.
func (s *stage) command(name string) { s.update(name, nil) }

// TestPauseOfManyItems, in the run itself and in children: what runs is collected, and each
// item is submitted once.
func TestPauseOfManyItems(t *testing.T) {
	t.Parallel()
	for _, n := range []int{30, 600} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.after(time.Minute, func() { s.command(wire.RunPauseUpdate) })
			before := 0
			s.after(2*time.Minute, func() { before = s.submitted() })
			s.after(50*time.Hour, func() {
				require.Equal(t, before, s.submitted())
				require.Less(t, before, n)
				status := s.status()
				require.Equal(t, pipeline.StatePaused, status.State)
				require.Equal(t, pipeline.StatePaused, status.Steps[0].State)
				require.Zero(t, status.Steps[0].Items.Failed)
				s.command(wire.RunResumeUpdate)
			})
			// Each item takes 30 seconds.
			s.takes = 30 * time.Second
			list := items(n)
			s.run("inputs: {list: array}\nsteps:\n  a: {for_each: {items: '${{ inputs.list }}', max_parallel: 8}, timeout: 1h, model: a/b, input: {prompt: '${{ item }}'}}\n", map[string]any{"list": list})
			s.result()
			require.NotZero(t, before)
			require.ElementsMatch(t, list, anys(s.prompts))
			require.Equal(t, n, s.status().Steps[0].Items.Completed)
		})
	}
}

func anys(texts []string) []any {
	all := make([]any, len(texts))
	for i, text := range texts {
		all[i] = text
	}
	return all
}

// TestPauseIsQuicklyResumed: pauses and resumes in a row end as the last of them.
func TestPauseIsQuicklyResumed(t *testing.T) {
	t.Parallel()
	for _, n := range []int{5, 300} {
		s := newStage(t)
		s.takes = 10 * time.Second
		for i := range 20 {
			name := wire.RunPauseUpdate
			if i%2 == 1 {
				name = wire.RunResumeUpdate
			}
			s.after(time.Minute+time.Duration(i)*time.Millisecond, func() { s.command(name) })
		}
		list := many(n)
		s.run("inputs: {list: array}\nsteps:\n  a: {for_each: {items: '${{ inputs.list }}', tolerate: 100%}, model: a/b, input: {prompt: '${{ item }}'}}\n", map[string]any{"list": list})
		s.result()
		require.ElementsMatch(t, list, anys(s.prompts))
	}
}

// TestApprovalsAreDecidedWhilePaused, and what follows waits.
func TestApprovalsAreDecidedWhilePaused(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.after(time.Hour, func() { s.command(wire.RunPauseUpdate) })
	s.after(2*time.Hour, func() {
		status := s.status()
		require.Equal(t, pipeline.StatePaused, status.State)
		require.Len(t, status.Approvals, 1)
		require.Equal(t, pipeline.StateApproval, states(status.Steps)["ask"])
		s.update(generation.DecideUpdate, generation.Decision{Verdict: generation.VerdictRegenerate, Regenerate: "still", Input: map[string]any{"prompt": "another"}})
	})
	s.after(3*time.Hour, func() {
		require.Equal(t, 1, s.submitted())
		s.command(wire.RunResumeUpdate)
	})
	s.after(4*time.Hour, func() { s.command(wire.RunPauseUpdate) })
	s.after(5*time.Hour, func() { s.update(generation.DecideUpdate, generation.Decision{Verdict: generation.VerdictApprove}) })
	s.after(6*time.Hour, func() {
		require.Equal(t, 2, s.submitted())
		require.Equal(t, map[string]pipeline.State{"still": pipeline.StateCompleted, "ask": pipeline.StateCompleted, "clip": pipeline.StatePaused}, states(s.status().Steps))
		s.command(wire.RunResumeUpdate)
	})
	s.run(`
steps:
  still: {model: a/b, input: {prompt: x}}
  ask: {approve: {show: "${{ steps.still.output }}"}}
  clip: {needs: [ask], model: a/b, input: {prompt: "clip ${{ steps.still.output }}"}}
`, nil)
	s.result()
	require.Equal(t, []string{"x", "another", "clip of another"}, s.prompts)
}

// TestCancelWhilePaused, in the run itself and in children, of which some have not started.
func TestCancelWhilePaused(t *testing.T) {
	t.Parallel()
	for _, n := range []int{5, 300} {
		s := newStage(t)
		s.takes = 30 * time.Second
		s.after(time.Minute, func() { s.command(wire.RunPauseUpdate) })
		s.after(time.Hour, s.CancelWorkflow)
		s.run("inputs: {list: array}\nsteps:\n  a: {for_each: {items: '${{ inputs.list }}', max_parallel: 2}, model: a/b, input: {prompt: '${{ item }}'}}\n  b: {needs: [a], model: a/b, input: {prompt: b}}\n",
			map[string]any{"list": items(n)})
		var canceled *temporal.CanceledError
		require.ErrorAs(t, s.GetWorkflowError(), &canceled)
		var status pipeline.Status
		require.NoError(t, canceled.Details(&status))
		require.Equal(t, pipeline.StateCanceled, status.State)
		require.Less(t, s.submitted(), 12)
	}
}

// TestBudgetAndPause: a larger budget does not let a paused run continue, and neither does
// resume without one.
func TestBudgetAndPause(t *testing.T) {
	t.Parallel()
	for _, n := range []int{5, 300} {
		s := newStage(t)
		s.after(time.Hour, func() {
			require.Equal(t, pipeline.StateHeld, s.status().State)
			s.command(wire.RunPauseUpdate)
		})
		s.after(2*time.Hour, func() {
			require.Equal(t, pipeline.StatePaused, s.status().State)
			s.update(wire.RunBudgetUpdate, 100.0)
		})
		s.after(3*time.Hour, func() {
			require.LessOrEqual(t, s.submitted(), 2)
			s.command(wire.RunResumeUpdate)
		})
		s.run("budget: 0.25\ninputs: {list: array}\nsteps:\n  a: {for_each: {items: '${{ inputs.list }}', max_parallel: 2, tolerate: 100%}, model: a/b, input: {prompt: '${{ item }}'}}\n",
			map[string]any{"list": items(n)})
		s.result()
		require.Equal(t, n, s.submitted())
	}
}

// items is a list of items, none of them bad.
func items(n int) []any {
	list := make([]any, n)
	for i := range list {
		list[i] = fmt.Sprintf("item %d", i)
	}
	return list
}
