package cli_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

var limited = wavespeedtest.Fault{Kind: wavespeedtest.SubmitLimited, Message: "too many at once"}

// TestGenerateShowsWhyItWaits: the generation's own state doesn't show retries.
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
	require.Regexp(t, `failed, will be retried:\n  attempt \d+.*: generation "still": submit of wavespeed-ai/flux-dev was not accepted: .*HTTP 429: too many at once`, out)
	s.Simulator.Heal(limited.Kind)
	require.Zero(t, <-ended, l.err.String())
	_, out, _ = s.run(t, "pipeline", "status", id)
	require.NotContains(t, out, "will be retried")
}

// TestGenerateShowsThatTheProviderIsAway, even between attempts.
func TestGenerateShowsThatTheProviderIsAway(t *testing.T) {
	t.Parallel()
	s := newShell(t, wavespeedtest.Options{Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.Slow, Delay: 3 * time.Second}, {Kind: wavespeedtest.WebhookLost}}})
	run := s.Start(t, generation.WorkflowName, generation.Request{
		Key: "still", Model: model, Input: map[string]any{"prompt": "x"},
		Timing: generation.Timing{Grace: time.Millisecond, Poll: 50 * time.Millisecond},
	})
	stack.Eventually(t, "it is not polled", func() bool { return s.Simulator.Counts().Requests["result"] > 0 })
	require.NoError(t, s.Simulator.Inject(wavespeedtest.Fault{Kind: wavespeedtest.Outage, Status: http.StatusServiceUnavailable}))
	l := s.line()
	ended := make(chan int, 1)
	go func() { ended <- l.run(t.Context(), "generate", model, "--id", run.GetID(), "--wait") }()
	stack.Eventually(t, "the reason is not shown", func() bool {
		return regexp.MustCompile(`polling, prediction \w+: .*HTTP 503`).MatchString(l.err.String())
	})
	s.Simulator.Heal(wavespeedtest.Outage)
	require.Zero(t, <-ended, l.err.String())
	require.Len(t, s.Simulator.Ledger(), 1)
}
