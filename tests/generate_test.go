package tests

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
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

func TestCompleted(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	result, err := s.Result(s.Generate(still("a lighthouse")))
	require.NoError(t, err)
	require.Equal(t, wire.ViaWebhook, result.Via)

	response, err := http.Get(result.URL(0))
	require.NoError(t, err)
	defer response.Body.Close()
	picture, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Contains(t, http.DetectContentType(picture), "image/")

	ledger := s.Simulator.Ledger()
	require.Len(t, ledger, 1)
	require.Equal(t, ledger[0].PredictionID, result.PredictionID)
}

func TestFailed(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Simulator: wavespeedtest.Options{
		Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.Fails, Code: 1200, Message: "Content flagged as potentially sensitive."}},
	}})
	_, err := s.Result(s.Generate(still("a lighthouse")))
	var failure *temporal.ApplicationError
	require.ErrorAs(t, err, &failure)
	require.Equal(t, generation.ErrorTypeContentRejected, generation.ErrorTypeOf(failure))
	require.Contains(t, failure.Message(), "Content flagged")
	require.Len(t, s.Simulator.Ledger(), 1)
}

func TestFailedIsSubmittedAgainByPolicy(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Simulator: wavespeedtest.Options{
		Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.Fails, Code: 5000, Times: 2}},
	}})
	request := still("a lighthouse")
	request.MaxPredictions = 3
	request.Timing.Resubmit = 100 * time.Millisecond
	result, err := s.Result(s.Generate(request))
	require.NoError(t, err)
	require.Len(t, result.Attempts, 3)
	require.Len(t, s.Simulator.Ledger(), 3)
}

// TestWebhooks: whatever happens to webhooks, the generation completes with its own
// prediction's output and is paid once.
func TestWebhooks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault wavespeedtest.Fault
		via   string // how it must end; "" for either way
	}{
		"early":        {wavespeedtest.Fault{Kind: wavespeedtest.WebhookEarly}, wire.ViaWebhook},
		"duplicate":    {wavespeedtest.Fault{Kind: wavespeedtest.WebhookDuplicated, Count: 20}, wire.ViaWebhook},
		"delayed":      {wavespeedtest.Fault{Kind: wavespeedtest.WebhookDelayed, Delay: 500 * time.Millisecond}, wire.ViaWebhook},
		"contradicted": {wavespeedtest.Fault{Kind: wavespeedtest.WebhookContradicted}, wire.ViaWebhook},
		"in progress":  {wavespeedtest.Fault{Kind: wavespeedtest.WebhookProgress}, wire.ViaWebhook},
		"garbled":      {wavespeedtest.Fault{Kind: wavespeedtest.WebhookGarbled}, wire.ViaWebhook},
		"forged":       {wavespeedtest.Fault{Kind: wavespeedtest.WebhookForged}, wire.ViaWebhook},
		"lost":         {wavespeedtest.Fault{Kind: wavespeedtest.WebhookLost}, wire.ViaPoll},
		"late":         {wavespeedtest.Fault{Kind: wavespeedtest.WebhookLate, Delay: time.Minute}, wire.ViaPoll},
		"stale":        {wavespeedtest.Fault{Kind: wavespeedtest.WebhookStale, Delay: 10 * time.Minute}, wire.ViaPoll},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := stack.Start(t, stack.Options{Simulator: wavespeedtest.Options{Faults: []wavespeedtest.Fault{c.fault}}})
			request := still("a lighthouse")
			if c.via == wire.ViaPoll {
				request = soon(request)
			}
			result, err := s.Result(s.Generate(request))
			require.NoError(t, err)
			require.Equal(t, c.via, result.Via)
			ledger := s.Simulator.Ledger()
			require.Len(t, ledger, 1)
			require.Equal(t, ledger[0].PredictionID, result.PredictionID)
			require.Contains(t, result.URL(0), ledger[0].PredictionID, "the output is this prediction's own")
			require.Positive(t, s.Simulator.Counts().Faults[c.fault.Kind], "the fault happened")
		})
	}
}

func TestMisdirectedWebhooks(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Simulator: wavespeedtest.Options{
		Duration: 200 * time.Millisecond,
		Faults:   []wavespeedtest.Fault{{Kind: wavespeedtest.WebhookMisdirected}},
	}})
	var runs []client.WorkflowRun
	for _, prompt := range []string{"a lighthouse", "a harbour", "a ship", "a gull"} {
		runs = append(runs, s.Generate(still(prompt)))
	}
	requireAllPaidOnce(t, s, runs)
	require.Positive(t, s.Simulator.Counts().Faults[wavespeedtest.WebhookMisdirected])
}

func TestPollOnly(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{PollOnly: true, Simulator: wavespeedtest.Options{Duration: time.Second}})
	result, err := s.Result(s.Generate(still("a lighthouse")))
	require.NoError(t, err)
	require.Equal(t, wire.ViaPoll, result.Via)
	require.Empty(t, s.Simulator.Ledger()[0].WebhookURL)
}

func TestDeadlineAndAdoption(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Simulator: wavespeedtest.Options{
		Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.Slow, Delay: 8 * time.Second}},
	}})
	request := soon(still("a lighthouse"))
	request.Timeout = 3 * time.Second
	began := time.Now()
	_, err := s.Result(s.Generate(request))
	var failure *temporal.ApplicationError
	require.ErrorAs(t, err, &failure)
	require.Equal(t, generation.ErrorTypeDeadlineExceeded, generation.ErrorTypeOf(failure))
	require.Greater(t, time.Since(began), 2*time.Second)
	var status generation.Status
	require.NoError(t, failure.Details(&status))

	adopt := still("a lighthouse")
	adopt.Adopt = status.PredictionID()
	result, err := s.Result(s.Generate(adopt))
	require.NoError(t, err)
	require.Equal(t, status.PredictionID(), result.PredictionID)
	require.Len(t, s.Simulator.Ledger(), 1, "what was paid for is fetched, not bought again")
}

func TestRefusalsCostNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault wavespeedtest.Fault
		want  generation.ErrorType
	}{
		"key":     {wavespeedtest.Fault{Kind: wavespeedtest.SubmitError, Status: 401}, generation.ErrorTypeUnauthorized},
		"credits": {wavespeedtest.Fault{Kind: wavespeedtest.SubmitError, Status: 402}, generation.ErrorTypeInsufficientCredits},
		"model":   {wavespeedtest.Fault{Kind: wavespeedtest.SubmitError, Status: 404}, generation.ErrorTypeModelNotFound},
		"input":   {wavespeedtest.Fault{Kind: wavespeedtest.SubmitError, Status: 400}, generation.ErrorTypeInvalidInput},

		"key under 200":     {wavespeedtest.Fault{Kind: wavespeedtest.SubmitError, Status: 200, Code: 401}, generation.ErrorTypeUnauthorized},
		"credits under 200": {wavespeedtest.Fault{Kind: wavespeedtest.SubmitError, Status: 200, Code: 1407}, generation.ErrorTypeInsufficientCredits},
		"model under 200":   {wavespeedtest.Fault{Kind: wavespeedtest.SubmitError, Status: 200, Code: 404}, generation.ErrorTypeModelNotFound},
		"permission":        {wavespeedtest.Fault{Kind: wavespeedtest.SubmitError, Status: 403, Message: "insufficient permissions"}, generation.ErrorTypeUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := stack.Start(t, stack.Options{Simulator: wavespeedtest.Options{Faults: []wavespeedtest.Fault{c.fault}}})
			_, err := s.Result(s.Generate(still("a lighthouse")))
			var failure *temporal.ApplicationError
			require.ErrorAs(t, err, &failure)
			require.Equal(t, c.want, generation.ErrorTypeOf(failure))
			require.Empty(t, s.Simulator.Ledger())
			require.Equal(t, 1, s.Simulator.Counts().Faults[c.fault.Kind], "it is not tried again")
		})
	}
}

func TestRateLimitIsWaitedOut(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Simulator: wavespeedtest.Options{
		Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.SubmitLimited, Delay: 2 * time.Second, Times: 1}},
	}})
	began := time.Now()
	_, err := s.Result(s.Generate(still("a lighthouse")))
	require.NoError(t, err)
	require.GreaterOrEqual(t, time.Since(began), 2*time.Second, "Retry-After is honoured")
	require.Len(t, s.Simulator.Ledger(), 1)
}

func TestCancel(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Simulator: wavespeedtest.Options{Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.NeverEnds}}}})
	run := s.Generate(still("a lighthouse"))
	s.AwaitState(run, generation.StateWaiting)
	require.NoError(t, s.Client.CancelWorkflow(t.Context(), run.GetID(), ""))
	_, err := s.Result(run)
	var canceled *temporal.CanceledError
	require.ErrorAs(t, err, &canceled)
	var status generation.Status
	require.NoError(t, canceled.Details(&status))
	require.Equal(t, s.Simulator.Ledger()[0].PredictionID, status.PredictionID())
}

func TestInvalidRequestIsRefusedByName(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	for field, change := range map[string]func(*generation.Request){
		"model":                      func(r *generation.Request) { r.Model = "" },
		"input":                      func(r *generation.Request) { r.Input = []string{"a"} },
		"input.enable_base64_output": func(r *generation.Request) { r.Input = map[string]any{"prompt": "x", "enable_base64_output": true} },
	} {
		request := still("a lighthouse")
		change(&request)
		_, err := s.Result(s.Generate(request))
		var failure *temporal.ApplicationError
		require.True(t, errors.As(err, &failure), field)
		require.Equal(t, generation.ErrorTypeInvalidInput, generation.ErrorTypeOf(failure))
		require.Contains(t, failure.Message(), field+":")
	}
	require.Empty(t, s.Simulator.Ledger())
}

// TestSeveralAccounts: each generation is submitted with its account's key, and its
// webhook is signed with that account's secret.
func TestSeveralAccounts(t *testing.T) {
	t.Parallel()
	const teamSecret = "whsec_dGVhbS1zZWNyZXQtdGVhbS1zZWNyZXQ="
	s := stack.Start(t, stack.Options{
		Simulator: wavespeedtest.Options{Accounts: []wavespeedtest.Account{
			{}, {Name: "team-a", Key: "team-key", Secret: teamSecret},
		}},
		Env: []string{"WAVESPEED_ACCOUNTS=team-a", "WAVESPEED_API_KEY_TEAM_A=team-key", "WAVESPEED_WEBHOOK_SECRET_TEAM_A=" + teamSecret},
	})
	for _, account := range []string{"", "team-a"} {
		request := still("for " + account)
		request.Account = account
		result, err := s.Result(s.Generate(request))
		require.NoError(t, err)
		require.Equal(t, wire.ViaWebhook, result.Via)
	}
	ledger := s.Simulator.Ledger()
	require.Equal(t, "default", ledger[0].Account)
	require.Equal(t, "team-a", ledger[1].Account)

	request := still("for nobody")
	request.Account, request.Timeout = "team-b", 10*time.Second
	_, err := s.Result(s.Generate(request))
	require.ErrorContains(t, err, `this worker has no API key for account "team-b"`)
	require.Len(t, s.Simulator.Ledger(), 2)
}

// TestAWorkerWithoutTheKey: while a new account is rolled out, workers without its key pick up
// its generations too.
func TestAWorkerWithoutTheKey(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{PollOnly: true, Simulator: wavespeedtest.Options{
		Accounts: []wavespeedtest.Account{{}, {Name: "team-a", Key: "team-key"}},
	}})
	request := still("for a new team")
	request.Account = "team-a"
	run := s.Generate(request)
	stack.Eventually(t, "the worker takes no notice", func() bool {
		return strings.Contains(s.LastFailure(run), `no API key for account "team-a"; another worker may have it`)
	})
	s.StartWorker("WAVESPEED_ACCOUNTS=team-a", "WAVESPEED_API_KEY_TEAM_A=team-key")
	_, err := s.Result(run)
	require.NoError(t, err)
	require.Len(t, s.Simulator.Ledger(), 1)
	require.Equal(t, 1, strings.Count(s.Worker.Log(), "This worker has no API key for the account"))
}

// TestAWaitBeyondTheDeadlineIsNotBegun: the provider tells a submit to wait for a day.
func TestAWaitBeyondTheDeadlineIsNotBegun(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Simulator: wavespeedtest.Options{
		Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.SubmitLimited, Delay: 24 * time.Hour}},
	}})
	_, err := s.Result(s.Generate(still("a lighthouse")))
	var failure *temporal.ApplicationError
	require.ErrorAs(t, err, &failure)
	require.Equal(t, generation.ErrorTypeRateLimited, generation.ErrorTypeOf(failure))
	require.Contains(t, failure.Message(), "24h0m0s")
	require.Empty(t, s.Simulator.Ledger())
}

// TestRotatedSecret: the provider signs with a new secret while generations wait. The handler
// has just fetched the old one and does not fetch again so soon; polling makes up for it.
func TestRotatedSecret(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Simulator: wavespeedtest.Options{
		Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.SecretRotated, Nth: 2, Times: 1}},
	}})
	for range 2 {
		result, err := s.Result(s.Generate(soon(still("a lighthouse"))))
		require.NoError(t, err)
		require.Contains(t, result.URL(0), result.PredictionID)
	}
}

// TestWithoutCache: a worker that keeps no workflow in memory replays at every step,
// and does nothing twice.
func TestWithoutCache(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{
		Env: []string{"WORKER_CACHE=0"},
		Simulator: wavespeedtest.Options{
			Behavior: listing,
			Faults:   []wavespeedtest.Fault{{Kind: wavespeedtest.WebhookDuplicated}, {Kind: wavespeedtest.AcceptedReset, Times: 2}},
		},
	})
	var runs []client.WorkflowRun
	for i := range 10 {
		runs = append(runs, s.Generate(soon(still(fmt.Sprint("scene ", i)))))
	}
	requireAllPaidOnce(t, s, runs)
}
