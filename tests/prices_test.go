package tests

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// TestNegativePrice doesn't increase a budget: with a budget nothing is submitted, and without
// one the run reports the price as unknown.
func TestNegativePrice(t *testing.T) {
	t.Parallel()
	p := newPipelinesWith(t, wavespeedtest.Options{Models: []wavespeedtest.Model{{ID: "example/odd", Price: -0.5}}})
	const steps = "steps: {odd: {model: example/odd, input: {prompt: x}}}"
	failure, _ := p.failure(p.start("budget: 1\n"+steps, nil))
	require.Equal(t, generation.ErrorTypeInvalidInput, generation.ErrorTypeOf(failure))
	require.Contains(t, failure.Message(), "steps.odd: it cannot be submitted with a budget: wavespeed: price example/odd: HTTP 200: impossible price: -$0.50 is negative")
	require.Empty(t, p.Simulator.Ledger())

	run := p.start(steps, nil)
	require.Nil(t, p.result(run).Cost)
	require.Len(t, p.Simulator.Ledger(), 1)
	status, known := p.status(run)
	require.True(t, known)
	require.Len(t, status.Unanswered, 1)
	require.Equal(t, runwire.EndpointPrice, status.Unanswered[0].Endpoint)
}
