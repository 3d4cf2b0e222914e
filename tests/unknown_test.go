package tests

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// listing is a provider whose list shows inputs.
var listing = wavespeedtest.Behavior{ListInputs: true}

// TestSubmitsWithoutAnAnswer: whatever happens to the answer, and whether or not the
// provider had accepted, the generation completes and is paid once.
func TestSubmitsWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]wavespeedtest.Fault{
		"accepted, then reset":              {Kind: wavespeedtest.AcceptedReset},
		"accepted, then 5xx":                {Kind: wavespeedtest.AcceptedError},
		"accepted, then silence":            {Kind: wavespeedtest.AcceptedStall, Delay: time.Minute},
		"accepted, answer cut":              {Kind: wavespeedtest.AcceptedGarbled},
		"accepted, answer without an id":    {Kind: wavespeedtest.AcceptedNameless},
		"not accepted, reset":               {Kind: wavespeedtest.SubmitReset},
		"not accepted, 500":                 {Kind: wavespeedtest.SubmitError, Status: 500},
		"not accepted, 502":                 {Kind: wavespeedtest.SubmitError, Status: 502},
		"not accepted, silence":             {Kind: wavespeedtest.SubmitStall, Delay: time.Minute},
		"not accepted, redirected":          {Kind: wavespeedtest.SubmitError, Status: 307, Value: "https://elsewhere.test/"},
		"accepted, and a gateway's 404":     {Kind: wavespeedtest.AcceptedError, Status: 404, Value: "<html>nginx</html>"},
		"not accepted, a gateway's 403":     {Kind: wavespeedtest.SubmitError, Status: 403, Value: "<html>Cloudflare</html>"},
		"not accepted, some gateway's page": {Kind: wavespeedtest.SubmitError, Status: 504, Message: "<html>"},
	} {
		fault.Times = 1
		for mode, pollOnly := range map[string]bool{"with webhooks": false, "by polling": true} {
			t.Run(name+", "+mode, func(t *testing.T) {
				t.Parallel()
				s := stack.Start(t, stack.Options{PollOnly: pollOnly, Simulator: wavespeedtest.Options{
					Behavior: listing,
					Faults:   []wavespeedtest.Fault{fault, {Kind: wavespeedtest.ListLag, Delay: time.Second}},
				}})
				request := soon(still("a lighthouse"))
				request.Timing.Submit = 4 * time.Second
				result, err := s.Result(s.Generate(request))
				require.NoError(t, err)
				ledger := s.Simulator.Ledger()
				require.Len(t, ledger, 1)
				require.Equal(t, ledger[0].PredictionID, result.PredictionID)
				require.Equal(t, 1, s.Simulator.Counts().Faults[fault.Kind])
			})
		}
	}
}

// TestUnknownAndWebhookLost: the list alone can tell.
func TestUnknownAndWebhookLost(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Simulator: wavespeedtest.Options{Behavior: listing, Faults: []wavespeedtest.Fault{
		{Kind: wavespeedtest.AcceptedReset, Times: 1}, {Kind: wavespeedtest.WebhookLost}, {Kind: wavespeedtest.ListLag, Delay: 2 * time.Second},
	}}})
	result, err := s.Result(s.Generate(soon(still("a lighthouse"))))
	require.NoError(t, err)
	require.Equal(t, wire.ViaPoll, result.Via)
	require.Len(t, s.Simulator.Ledger(), 1)
}

// TestUnknownAndListDown: the webhook alone can tell, and is believed once the list has
// had its time to contradict.
func TestUnknownAndListDown(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Simulator: wavespeedtest.Options{Behavior: listing, Faults: []wavespeedtest.Fault{
		{Kind: wavespeedtest.AcceptedReset, Times: 1}, {Kind: wavespeedtest.ListError, Times: 3},
	}}})
	_, err := s.Result(s.Generate(soon(still("a lighthouse"))))
	require.NoError(t, err)
	require.Len(t, s.Simulator.Ledger(), 1)
}

// TestTwoAlikeUnknownAtOnce: where the provider lists no inputs and sends no webhooks,
// nobody can tell two unknown submits of one model apart. Neither is guessed at. The seeds
// that they drew tell them apart where inputs are listed.
func TestTwoAlikeUnknownAtOnce(t *testing.T) {
	t.Parallel()
	for name, behavior := range map[string]wavespeedtest.Behavior{"no inputs": {}, "inputs": listing} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// A search waits for workflows that do not answer; other tests leave some behind.
			s := stack.Start(t, stack.Options{Temporal: stack.StartTemporal(t), PollOnly: true, Simulator: wavespeedtest.Options{
				Behavior: behavior,
				Faults:   []wavespeedtest.Fault{{Kind: wavespeedtest.AcceptedReset}, {Kind: wavespeedtest.ListLag, Delay: time.Second}},
			}})
			runs := []client.WorkflowRun{s.Generate(soon(still("the same"))), s.Generate(soon(still("the same")))}
			if behavior.ListInputs {
				requireAllPaidOnce(t, s, runs)
				return
			}
			for _, run := range runs {
				_, err := s.Result(run)
				var failure *temporal.ApplicationError
				require.ErrorAs(t, err, &failure)
				require.Equal(t, generation.ErrorTypeSubmitUnknown, generation.ErrorTypeOf(failure))
				for _, entry := range s.Simulator.Ledger() {
					require.Contains(t, failure.Message(), entry.PredictionID)
				}
			}
			require.Len(t, s.Simulator.Ledger(), 2)
		})
	}
}

// TestTwoAlikeUnknownWithWebhooks: their webhooks tell them apart.
func TestTwoAlikeUnknownWithWebhooks(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Simulator: wavespeedtest.Options{
		Behavior: listing,
		Faults:   []wavespeedtest.Fault{{Kind: wavespeedtest.AcceptedReset}},
	}})
	requireAllPaidOnce(t, s, []client.WorkflowRun{s.Generate(soon(still("the same"))), s.Generate(soon(still("the same")))})
}
