package activities_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/activities"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/callback"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/receiver"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

// carved is a generation by the quarry: the workflow, its activities and the handler of
// webhooks.
type carved struct {
	*testsuite.TestWorkflowEnvironment
	quarry  *quarry
	handler http.Handler
}

func carve(t *testing.T, q *quarry, withWebhook bool) *carved {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	c := &carved{TestWorkflowEnvironment: suite.NewTestWorkflowEnvironment(), quarry: q}
	c.SetWorkerOptions(sdkworker.Options{DeadlockDetectionTimeout: time.Minute, Interceptors: []interceptor.WorkerInterceptor{&workflows.Interceptor{}}})
	c.RegisterWorkflowWithOptions(workflows.Generate, workflow.RegisterOptions{Name: generation.WorkflowName})
	options := activities.Options{Accounts: map[string]provider.Provider{generation.DefaultAccount: q}, Prices: true}
	keyring, err := receiver.NewKeyring(map[string]webhook.Account{generation.DefaultAccount: {Secrets: []string{wax}}}, seals{q})
	require.NoError(t, err)
	if withWebhook {
		options.WebhookURL = func(ctx context.Context, target wire.Target) (string, error) {
			address, err := keyring.Seal(ctx, target)
			return callback.URL("https://hooks.test", address), err
		}
	}
	c.handler, err = receiver.New(keyring, c, webhook.Options{Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	acts, err := activities.New(options)
	require.NoError(t, err)
	acts.Register(c)
	return c
}

// Signal is the way from the handler to the workflow.
func (c *carved) Signal(_ context.Context, target wire.Target, signal wire.Signal) error {
	c.SignalWorkflow(wire.SignalName(target.Key), signal)
	return nil
}

// calls has a block end after a time, and the quarry call back. It returns the answer.
func (c *carved) calls(after time.Duration, word, secret string) *int {
	status := new(int)
	c.RegisterDelayedCallback(func() {
		address, body := c.quarry.end(1, word)
		if address == "" {
			return
		}
		request := httptest.NewRequest(http.MethodPost, address, strings.NewReader(body))
		request.Header.Set(sealHeader, sealOf(secret, body))
		recorder := httptest.NewRecorder()
		c.handler.ServeHTTP(recorder, request)
		_, _ = io.Copy(io.Discard, recorder.Body)
		*status = recorder.Code
	}, after)
	return status
}

// TestAnotherProvider runs generations through all that is above the seam.
func TestAnotherProvider(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		refuse, lose int
		webhook      bool
		word         string
		secret       string
		answer       int
		via          string
		failure      generation.ErrorType
		reason       string
	}{
		"by webhook":          {webhook: true, word: "polished", secret: wax, answer: 200, via: wire.ViaWebhook},
		"by poll":             {word: "polished", via: wire.ViaPoll},
		"a forged webhook":    {webhook: true, word: "polished", secret: "tallow", answer: 401, via: wire.ViaPoll},
		"refused at first":    {refuse: 2, webhook: true, word: "polished", secret: wax, answer: 200, via: wire.ViaWebhook},
		"its answer was lost": {lose: 1, word: "polished", via: wire.ViaPoll},
		"it fails":            {webhook: true, word: "cracked", secret: wax, answer: 200, failure: generation.ErrorTypePredictionFailed, reason: "the provider reports it as cracked"},
		"it is rejected":      {word: "forbidden", failure: generation.ErrorTypeContentRejected, reason: "the provider reports it as forbidden stone"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := carve(t, &quarry{refuse: test.refuse, lose: test.lose}, test.webhook)
			answer := c.calls(30*time.Second, test.word, test.secret)
			c.ExecuteWorkflow(generation.WorkflowName, generation.Request{Key: "still", Model: fluxDev, Input: map[string]any{"prompt": "a lighthouse"}})
			require.True(t, c.IsWorkflowCompleted(), c.GetWorkflowError())
			require.Equal(t, test.answer, *answer)
			require.Len(t, c.quarry.blocks, 1)
			if test.failure != "" {
				var failed *temporal.ApplicationError
				require.ErrorAs(t, c.GetWorkflowError(), &failed)
				require.Equal(t, test.failure, generation.ErrorTypeOf(failed))
				require.Contains(t, failed.Message(), test.reason)
				return
			}
			require.NoError(t, c.GetWorkflowError())
			var result generation.Result
			require.NoError(t, c.GetWorkflowResult(&result))
			require.Equal(t, "block-1", result.PredictionID)
			require.Equal(t, "quarry://block-1", result.Text(0))
			require.Equal(t, test.via, result.Via)
		})
	}
}
