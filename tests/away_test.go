package tests

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	sdkpb "go.temporal.io/api/sdk/v1"
	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/record"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// currentDetails are what the Temporal UI shows of a run.
func currentDetails(t *testing.T, c client.Client, run client.WorkflowRun) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	answer, err := c.QueryWorkflow(ctx, run.GetID(), run.GetRunID(), "__temporal_workflow_metadata")
	if err != nil {
		return ""
	}
	var metadata sdkpb.WorkflowMetadata
	require.NoError(t, answer.Get(&metadata))
	return metadata.GetCurrentDetails()
}

// TestWhyItWaits: while the provider answers 503 to everything, the status and the details
// show that. Afterwards the generation completes and is paid once.
func TestWhyItWaits(t *testing.T) {
	t.Parallel()
	away := wavespeedtest.Fault{Kind: wavespeedtest.Outage, Status: http.StatusServiceUnavailable}
	for name, test := range map[string]struct {
		state  generation.State
		before func(*stack.System, client.WorkflowRun) // waits for when the provider goes away
	}{
		"before it is submitted": {generation.StateUnknown, nil},
		"while it is polled": {generation.StatePolling, func(s *stack.System, run client.WorkflowRun) {
			s.AwaitState(run, generation.StatePolling)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := stack.Start(t, stack.Options{PollOnly: true, Simulator: wavespeedtest.Options{
				Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.Slow, Delay: 3 * time.Second}},
			}})
			if test.before == nil {
				require.NoError(t, s.Simulator.Inject(away))
			}
			run := s.Generate(soon(still("a lighthouse")))
			if test.before != nil {
				test.before(s, run)
				require.NoError(t, s.Simulator.Inject(away))
			}
			stack.Eventually(t, "the status does not say why it waits", func() bool {
				status, ok := s.Status(run)
				return ok && status.State == test.state && strings.Contains(record.Reason(status), "HTTP 503")
			})
			stack.Eventually(t, "the details do not say why it waits", func() bool {
				details := currentDetails(t, s.Client, run)
				return strings.Contains(details, string(test.state)) && strings.Contains(details, "HTTP 503")
			})
			s.Simulator.Heal(away.Kind)
			_, err := s.Result(run)
			require.NoError(t, err)
			require.Len(t, s.Simulator.Ledger(), 1)
			require.NotContains(t, currentDetails(t, s.Client, run), "**"+string(test.state)+"**")
		})
	}
}
