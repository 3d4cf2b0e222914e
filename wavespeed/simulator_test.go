package wavespeed_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// simulate starts the simulator, and gives a client of it.
func simulate(t *testing.T, options wavespeedtest.Options) (*wavespeedtest.Server, *wavespeed.Client) {
	t.Helper()
	if options.Duration == 0 {
		options.Duration = time.Millisecond
	}
	server, err := wavespeedtest.New(options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	return server, client(t, server.URL(), func(o *wavespeed.Options) { o.APIKey = wavespeedtest.DefaultKey })
}

// ended polls until the prediction has ended.
func ended(t *testing.T, c *wavespeed.Client, id string) wavespeed.Prediction {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		prediction, err := c.Result(context.Background(), id)
		require.NoError(t, err)
		if prediction.State.Terminal() {
			return prediction
		}
		require.True(t, time.Now().Before(deadline), "it did not end in time")
	}
}

func TestEveryCallWorksWithTheSimulator(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	server, c := simulate(t, wavespeedtest.Options{Behavior: wavespeedtest.Behavior{ListInputs: true}})

	models, err := c.Models(ctx)
	require.NoError(t, err)
	require.Greater(t, len(models), 15)
	require.Equal(t, "wavespeed-ai/flux-dev", models[0].ID)
	require.True(t, json.Valid(models[0].Schema))
	for _, model := range models {
		require.NoError(t, wavespeed.ValidateModel(model.ID))
	}
	price, err := c.Price(ctx, "wavespeed-ai/flux-dev", map[string]any{"num_images": 2})
	require.NoError(t, err)
	require.Equal(t, provider.Price{Amount: generation.Dollars(0.024), Full: generation.Dollars(0.024)}, price)
	secret, err := c.WebhookSecret(ctx)
	require.NoError(t, err)
	require.Equal(t, wavespeedtest.DefaultSecret, secret)

	media, err := c.Upload(ctx, "a.png", 5, strings.NewReader("12345"))
	require.NoError(t, err)
	submitted, err := c.Submit(ctx, wavespeed.SubmitRequest{Model: "wavespeed-ai/image-upscaler", Input: map[string]any{"image": media}})
	require.NoError(t, err)
	require.Equal(t, provider.StateCreated, submitted.State)
	require.WithinDuration(t, time.Now(), submitted.CreatedAt, 10*time.Second)
	done := ended(t, c, submitted.ID)
	require.Equal(t, provider.StateCompleted, done.State)
	require.Len(t, done.Outputs, 1)
	require.Equal(t, []bool{false}, done.NSFW)
	require.Positive(t, done.InferenceMS)

	page, err := c.List(ctx, wavespeed.ListOptions{CreatedAfter: submitted.CreatedAt, CreatedBefore: submitted.CreatedAt, IncludeInputs: true})
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
	require.JSONEq(t, `{"image":"`+media+`"}`, string(page.Items[0].Input))
	balance, err := c.Balance(ctx)
	require.NoError(t, err)
	require.Equal(t, generation.Dollars(server.Balance(wavespeedtest.DefaultAccount)), balance)
	charges, err := c.Charges(ctx, wavespeed.ChargesOptions{Kind: provider.ChargeDeduct, PredictionIDs: []string{submitted.ID}, From: submitted.CreatedAt.Add(-time.Minute)})
	require.NoError(t, err)
	require.Equal(t, new(1), charges.Total)
	require.Equal(t, new(false), charges.More)
	charge := charges.Items[0]
	require.Equal(t, []string{submitted.ID, "wavespeed-ai/image-upscaler", "default"}, []string{charge.PredictionID, charge.Model, charge.Key.Name})
	require.Equal(t, generation.Dollars(server.Ledger()[0].Price), charge.Amount)
	require.WithinDuration(t, submitted.CreatedAt, charge.CreatedAt, time.Millisecond)
	require.True(t, charge.Settled)
	same, _ := charge.Key.Compare(charge.Key)
	require.True(t, same)
	_, err = c.Result(ctx, "unknown")
	require.Equal(t, http.StatusNotFound, wavespeed.Report(err).StatusCode)
	require.Len(t, server.Ledger(), 1)
}

func TestAWebhooksBodyIsParsed(t *testing.T) {
	t.Parallel()
	bodies := make(chan []byte, 1)
	receiver := serve(t, func(_ http.ResponseWriter, r *http.Request) {})
	receiver.Config.Handler = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies <- body
	})
	_, c := simulate(t, wavespeedtest.Options{Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.FailsWithObject, Code: 1200}}})
	request := flux
	request.WebhookURL = receiver.URL + "/hook"
	submitted, err := c.Submit(context.Background(), request)
	require.NoError(t, err)
	prediction, err := wavespeed.ParsePrediction(<-bodies)
	require.NoError(t, err)
	require.Equal(t, submitted.ID, prediction.ID)
	require.Equal(t, provider.StateFailed, prediction.State)
	require.Equal(t, generation.ErrorTypeContentRejected, prediction.Failure.Type)
	require.Contains(t, prediction.Failure.Reason, "sensitive")
	require.JSONEq(t, `{"prompt":"a lighthouse"}`, string(prediction.Input))
}

// What the client says about a failed submit must agree with the ledger.
func TestAcceptanceAgreesWithTheLedger(t *testing.T) {
	t.Parallel()
	refused := map[wavespeedtest.Fault]bool{
		{Kind: wavespeedtest.SubmitError, Status: 401}:                      true,
		{Kind: wavespeedtest.SubmitError, Status: 402}:                      true,
		{Kind: wavespeedtest.SubmitError, Status: 404}:                      true,
		{Kind: wavespeedtest.SubmitError, Status: 422}:                      true,
		{Kind: wavespeedtest.SubmitLimited}:                                 true,
		{Kind: wavespeedtest.SubmitError, Status: 503}:                      false,
		{Kind: wavespeedtest.SubmitError, Status: 307, Value: "/elsewhere"}: false,
		{Kind: wavespeedtest.SubmitReset}:                                   false,
		{Kind: wavespeedtest.SubmitStall}:                                   false,
		{Kind: wavespeedtest.AcceptedReset}:                                 false,
		{Kind: wavespeedtest.AcceptedError}:                                 false,
		{Kind: wavespeedtest.AcceptedStall}:                                 false,
		{Kind: wavespeedtest.AcceptedGarbled}:                               false,
		{Kind: wavespeedtest.AcceptedNameless}:                              false,
	}
	for fault, sure := range refused {
		server, c := simulate(t, wavespeedtest.Options{Faults: []wavespeedtest.Fault{fault}})
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		_, err := c.Submit(ctx, flux)
		cancel()
		require.Equal(t, sure, failure(t, err).NotAccepted(), "%s: %v", fault.Kind, err)
		if sure {
			require.Empty(t, server.Ledger(), fault.Kind)
		}
		require.LessOrEqual(t, server.Counts().Requests["submit"], 1, fault.Kind)
	}
}

func TestSyncTimeoutsAreAccepted(t *testing.T) {
	t.Parallel()
	for _, kind := range []wavespeedtest.Kind{wavespeedtest.SyncTimeout, wavespeedtest.SyncTimeoutBare} {
		_, c := simulate(t, wavespeedtest.Options{Faults: []wavespeedtest.Fault{{Kind: kind}}})
		prediction, err := c.Submit(context.Background(), wavespeed.SubmitRequest{
			Model: "wavespeed-ai/flux-dev", Input: map[string]any{"prompt": "x", "enable_sync_mode": true},
		})
		require.NoError(t, err)
		require.False(t, prediction.State.Terminal())
		require.Equal(t, provider.StateCompleted, ended(t, c, prediction.ID).State)
	}
}

func TestPagesOfTheListMeet(t *testing.T) {
	t.Parallel()
	_, c := simulate(t, wavespeedtest.Options{})
	var want, got []string
	for range 7 {
		submitted, err := c.Submit(context.Background(), flux)
		require.NoError(t, err)
		want = append([]string{submitted.ID}, want...)
	}
	for number := 1; ; number++ {
		page, err := c.List(context.Background(), wavespeed.ListOptions{Page: number, PageSize: 3})
		require.NoError(t, err)
		for _, prediction := range page.Items {
			got = append(got, prediction.ID)
		}
		if len(page.Items) == 0 {
			break
		}
	}
	require.Equal(t, want, got)
}
