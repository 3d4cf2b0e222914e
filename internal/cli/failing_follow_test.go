package cli_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

var limited = wavespeedtest.Fault{Kind: wavespeedtest.SubmitLimited, Message: "too many at once"}

// TestGenerateShowsWhyItWaits: what is repeated is not seen in the generation's state.
func TestGenerateShowsWhyItWaits(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{Duration: time.Millisecond, Faults: []wavespeedtest.Fault{limited}})
	l := s.line()
	ended := make(chan int, 1)
	go func() { ended <- l.run(t.Context(), "generate", model, "prompt=a cat", "--wait") }()
	stack.Eventually(t, "the reason is not shown", func() bool {
		shown := l.err.String()
		return strings.Contains(shown, "attempt ") && strings.Contains(shown, "HTTP 429: too many at once")
	})
	s.Simulator.Heal(limited.Kind)
	require.Zero(t, <-ended, l.err.String())
	require.Equal(t, 1, strings.Count(l.err.String(), "too many at once"))
}

func TestPipelineShowsWhyItWaits(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{Duration: time.Millisecond, Faults: []wavespeedtest.Fault{limited}})
	film, id := written(t, "film.yaml", filmFile), newID()
	l := s.line()
	ended := make(chan int, 1)
	go func() { ended <- l.run(t.Context(), "pipeline", "run", film, "--id", id) }()
	stack.Eventually(t, "the reason is not shown", func() bool { return strings.Contains(l.err.String(), "HTTP 429: too many at once") })
	code, out, err := s.run(t, "pipeline", "status", id)
	require.Zero(t, code, err)
	require.Regexp(t, `failed, and is repeated:\n  attempt \d+.*: generation "still": submit of wavespeed-ai/flux-dev was not accepted: .*HTTP 429: too many at once`, out)
	s.Simulator.Heal(limited.Kind)
	require.Zero(t, <-ended, l.err.String())
	_, out, _ = s.run(t, "pipeline", "status", id)
	require.NotContains(t, out, "is repeated")
}
