package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

func (s *stage) topUp(credit int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*s.credit += credit
}

// TestTopUp: a run whose account has no credit left says so, and continues after a top-up: by
// itself, or at once if it is resumed. Each item is submitted once.
func TestTopUp(t *testing.T) {
	t.Parallel()
	for _, n := range []int{30, 600} {
		for _, resumed := range []bool{false, true} {
			t.Run(fmt.Sprint(n, resumed), func(t *testing.T) {
				t.Parallel()
				s := newStage(t)
				s.credit = new(int)
				s.topUp(20)
				s.takes = 10 * time.Second
				s.after(2*time.Hour, func() {
					status := s.status()
					require.Equal(t, pipeline.StateHeld, status.State)
					require.Equal(t, []string{"default"}, status.TopUp)
					require.Nil(t, status.Budget)
					require.Equal(t, pipeline.StateHeld, status.Steps[0].State)
					require.Equal(t, "waits for a top-up of account default", status.Steps[0].Reason)
					require.Equal(t, 20, s.submitted())
					require.Less(t, s.refused, 60)
					s.topUp(1000)
					if resumed {
						s.command(wire.RunResumeUpdate)
					}
				})
				s.after(2*time.Hour+time.Minute, func() { require.Equal(t, resumed, s.submitted() > 20) })
				s.after(2*time.Hour+31*time.Minute, func() {
					require.Greater(t, s.submitted(), 20)
					if n == 600 {
						status := s.status()
						require.Equal(t, pipeline.StateRunning, status.State)
						require.Empty(t, status.TopUp)
						require.Empty(t, status.Steps[0].Reason)
					}
				})
				s.run("inputs: {list: array}\nsteps:\n  a: {for_each: {items: '${{ inputs.list }}', max_parallel: 4}, model: a/b, input: {prompt: '${{ item }}'}}\n",
					map[string]any{"list": items(n)})
				s.result()
				require.ElementsMatch(t, items(n), anys(s.prompts))
			})
		}
	}
}

// TestWithoutCredit: a step fails if it is told to, or if a fallback takes over; otherwise it waits
// as long as its timeout.
func TestWithoutCredit(t *testing.T) {
	t.Parallel()
	for text, waits := range map[string]time.Duration{
		"on_insufficient_credits: fail": 0,
		"timeout: 1h":                   time.Hour,
		"timeout: 1h, fallback: [c/d]":  time.Hour,
		"timeout: 1h, fallback: [{model: c/d, on: [InsufficientCredits]}]":                                time.Hour, // the second one does
		"timeout: 1h, fallback: [{model: c/d, on: [InsufficientCredits]}], on_insufficient_credits: wait": 2 * time.Hour,
	} {
		s := newStage(t)
		s.credit = new(int)
		began := s.Now()
		s.run("steps: {a: {model: a/b, input: {prompt: a}, "+text+"}}", nil)
		failure, _ := s.failure()
		require.Equal(t, generation.ErrorTypeInsufficientCredits, generation.ErrorTypeOf(failure))
		require.InDelta(t, waits, s.Now().Sub(began), float64(time.Minute), text)
		require.Empty(t, s.prompts)
	}
}
