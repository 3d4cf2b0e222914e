package activities_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/wavespeed-temporal/wavespeed-temporal/activities"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

// provider answers as its functions say and counts submits.
type provider struct {
	submit  func(wavespeed.SubmitRequest) (wavespeed.Prediction, error)
	result  func(id string) (wavespeed.Prediction, error)
	list    func(wavespeed.ListOptions) (wavespeed.Page, error)
	charges func(wavespeed.ChargesOptions) (wavespeed.ChargePage, error)
	price   func() (wavespeed.Price, error)
	models  []wavespeed.Model

	modelsErr error // which a fetch of the catalogue takes its time for
	submits   []wavespeed.SubmitRequest
}

func (p *provider) Submit(_ context.Context, request wavespeed.SubmitRequest) (wavespeed.Prediction, error) {
	p.submits = append(p.submits, request)
	return p.submit(request)
}

func (p *provider) Result(_ context.Context, id string) (wavespeed.Prediction, error) {
	return p.result(id)
}

func (p *provider) List(_ context.Context, o wavespeed.ListOptions) (wavespeed.Page, error) {
	return p.list(o)
}

func (p *provider) Charges(_ context.Context, o wavespeed.ChargesOptions) (wavespeed.ChargePage, error) {
	if p.charges == nil {
		return wavespeed.ChargePage{}, nil
	}
	return p.charges(o)
}

func (p *provider) Price(context.Context, string, any) (wavespeed.Price, error) { return p.price() }

func (p *provider) Models(ctx context.Context) ([]wavespeed.Model, error) {
	if p.modelsErr != nil {
		<-ctx.Done()
	}
	return p.models, p.modelsErr
}

func (p *provider) Balance(context.Context) (generation.USD, error) { return 0, nil }

func accepting() *provider {
	return &provider{submit: func(wavespeed.SubmitRequest) (wavespeed.Prediction, error) {
		return wavespeed.Prediction{ID: "p1", Status: wavespeed.StatusCreated}, nil
	}}
}

// execute runs one attempt of an activity.
func execute(t *testing.T, options activities.Options, name string, in any) (converter.EncodedValue, error) {
	t.Helper()
	acts, err := activities.New(options)
	require.NoError(t, err)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	acts.Register(env)
	env.SetTestTimeout(time.Minute)
	return env.ExecuteActivity(name, in)
}

func forProvider(p *provider) activities.Options {
	return activities.Options{Accounts: map[string]activities.Provider{generation.DefaultAccount: p}}
}

// testRunID is that of the SDK's environment for activities.
const testRunID = "default-test-run-id"

func submitInput(input string) wire.SubmitInput {
	return wire.SubmitInput{
		Key: "still", Model: "wavespeed-ai/flux-dev", Input: json.RawMessage(input), Account: generation.DefaultAccount, Nonce: "n1",
		RunID: testRunID, Within: time.Hour,
	}
}

func TestSubmit(t *testing.T) {
	t.Parallel()
	p := accepting()
	p.price = func() (wavespeed.Price, error) { return wavespeed.Price{Amount: generation.Dollars(0.012)}, nil }
	options := forProvider(p)
	options.Prices = true
	var target wire.Target
	options.WebhookURL = func(_ context.Context, got wire.Target) (string, error) {
		target = got
		return "https://hooks.test/address", nil
	}
	value, err := execute(t, options, wire.SubmitName, submitInput(`{"prompt":"a lighthouse"}`))
	require.NoError(t, err)
	var got wire.Submitted
	require.NoError(t, value.Get(&got))
	require.Equal(t, "p1", got.PredictionID)
	require.True(t, got.Webhook)
	require.Equal(t, generation.Dollars(0.012), *got.Price)
	require.Len(t, p.submits, 1)
	require.Equal(t, "https://hooks.test/address", p.submits[0].WebhookURL)
	require.Equal(t, "still", target.Key)
	require.Equal(t, "n1", target.Nonce)
	require.Equal(t, generation.DefaultAccount, target.Account)
	require.NotEmpty(t, target.WorkflowID)
	require.NotEmpty(t, target.Namespace)
}

func TestPriceHoldsNothingUp(t *testing.T) {
	t.Parallel()
	p := accepting()
	p.price = func() (wavespeed.Price, error) { return wavespeed.Price{}, errors.New("no price") }
	options := forProvider(p)
	options.Prices = true
	value, err := execute(t, options, wire.SubmitName, submitInput(`{}`))
	require.NoError(t, err)
	var got wire.Submitted
	require.NoError(t, value.Get(&got))
	require.Nil(t, got.Price)
}

func TestSubmitAfterAnAcceptedOneOfTheSameNoncePostsNothing(t *testing.T) {
	t.Parallel()
	p := accepting()
	acts, err := activities.New(forProvider(p))
	require.NoError(t, err)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	acts.Register(env)
	for range 3 {
		value, err := env.ExecuteActivity(wire.SubmitName, submitInput(`{}`))
		require.NoError(t, err)
		var got wire.Submitted
		require.NoError(t, value.Get(&got))
		require.Equal(t, "p1", got.PredictionID)
	}
	require.Len(t, p.submits, 1)
}

func status(code int, message string) *wavespeed.Error {
	e := &wavespeed.Error{Op: "submit", StatusCode: code, Code: code, Message: message}
	if code >= 400 && code < 500 {
		e.Accepted = wavespeed.Refused
	}
	return e
}

func TestSubmitErrors(t *testing.T) {
	t.Parallel()
	never := &wavespeed.Error{Op: "submit", Accepted: wavespeed.NeverSent, Err: errors.New("connection refused")}
	invalid := &wavespeed.Error{Op: "submit", Accepted: wavespeed.NeverSent, Err: wavespeed.ErrInvalid}
	for name, c := range map[string]struct {
		err       error
		want      string
		retryable bool
	}{
		"400":                 {status(400, `field "size" must be one of`), generation.ErrInvalidInput, false},
		"400 credits":         {status(400, "insufficient credits"), generation.ErrInsufficientCredits, false},
		"401":                 {status(401, "Invalid API key."), generation.ErrUnauthorized, false},
		"402":                 {status(402, ""), generation.ErrInsufficientCredits, false},
		"403":                 {status(403, "role may not"), generation.ErrUnauthorized, false},
		"403 credits":         {status(403, "Insufficient balance"), generation.ErrInsufficientCredits, false},
		"404":                 {status(404, "Model not found"), generation.ErrModelNotFound, false},
		"413":                 {status(413, ""), generation.ErrInvalidInput, false},
		"429":                 {status(429, "You have reached your concurrency limit"), generation.ErrRateLimited, true},
		"500":                 {status(500, ""), generation.ErrSubmitUnknown, false},
		"502":                 {status(502, ""), generation.ErrSubmitUnknown, false},
		"503":                 {status(503, ""), generation.ErrSubmitUnknown, false},
		"504":                 {status(504, ""), generation.ErrSubmitUnknown, false},
		"reset":               {&wavespeed.Error{Op: "submit", Err: errors.New("connection reset")}, generation.ErrSubmitUnknown, false},
		"never sent":          {never, generation.ErrUnavailable, true},
		"cannot be sent":      {invalid, generation.ErrInvalidInput, false},
		"not a typed error":   {errors.New("what?"), generation.ErrSubmitUnknown, false},
		"200 without an id":   {&wavespeed.Error{Op: "submit", StatusCode: 200}, generation.ErrSubmitUnknown, false},
		"redirected":          {&wavespeed.Error{Op: "submit", StatusCode: http.StatusFound}, generation.ErrSubmitUnknown, false},
		"code of the account": {&wavespeed.Error{Op: "submit", StatusCode: 400, Code: 1407, Accepted: wavespeed.Refused}, generation.ErrInsufficientCredits, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &provider{submit: func(wavespeed.SubmitRequest) (wavespeed.Prediction, error) { return wavespeed.Prediction{}, c.err }}
			_, err := execute(t, forProvider(p), wire.SubmitName, submitInput(`{"prompt":"a lighthouse"}`))
			var got *temporal.ApplicationError
			require.ErrorAs(t, err, &got)
			require.Equal(t, c.want, got.Type())
			require.Equal(t, c.retryable, !got.NonRetryable())
			require.Contains(t, got.Message(), `"still"`)
			require.NotContains(t, got.Message(), "lighthouse")
			require.Len(t, p.submits, 1)
		})
	}
}

func TestInputThatNoWebhookCanServe(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		input   string
		webhook bool
		field   string
	}{
		"base64 with a webhook": {`{"enable_base64_output":true}`, true, "input.enable_base64_output"},
		"sync mode":             {`{"enable_sync_mode":true}`, false, "input.enable_sync_mode"},
		"base64 by polling":     {`{"enable_base64_output":true}`, false, ""},
		"not an object":         {`[1]`, false, "input"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := accepting()
			options := forProvider(p)
			if c.webhook {
				options.WebhookURL = func(context.Context, wire.Target) (string, error) { return "https://hooks.test/a", nil }
			}
			_, err := execute(t, options, wire.SubmitName, submitInput(c.input))
			if c.field == "" {
				require.NoError(t, err)
				return
			}
			var got *temporal.ApplicationError
			require.ErrorAs(t, err, &got)
			require.Equal(t, generation.ErrInvalidInput, got.Type())
			require.Contains(t, got.Message(), c.field)
			require.Empty(t, p.submits)
		})
	}
}

func TestWithoutAnAddressNothingIsSubmitted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err       error
		retryable bool
	}{
		"the provider is down":  {status(503, ""), true},
		"the key is not a key":  {status(401, ""), false},
		"the keyring is broken": {errors.New("no secret"), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := accepting()
			options := forProvider(p)
			options.WebhookURL = func(context.Context, wire.Target) (string, error) { return "", c.err }
			_, err := execute(t, options, wire.SubmitName, submitInput(`{}`))
			var got *temporal.ApplicationError
			require.ErrorAs(t, err, &got)
			require.Equal(t, c.retryable, !got.NonRetryable())
			require.Empty(t, p.submits)
		})
	}
}

func TestAwait(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prediction wavespeed.Prediction
		err        error
		want       string // the retryable error's type; "" for an outcome
	}{
		"completed":      {wavespeed.Prediction{ID: "p1", Status: "completed", Outputs: []json.RawMessage{json.RawMessage(`"https://cdn.test/1.png"`)}}, nil, ""},
		"failed":         {wavespeed.Prediction{ID: "p1", Status: "failed", Code: 1200}, nil, ""},
		"deleted":        {wavespeed.Prediction{ID: "p1", Status: "deleted"}, nil, ""},
		"created":        {wavespeed.Prediction{ID: "p1", Status: "created"}, nil, generation.ErrPending},
		"unknown status": {wavespeed.Prediction{ID: "p1", Status: "pondering"}, nil, generation.ErrPending},
		"not found yet":  {wavespeed.Prediction{}, status(404, "Prediction not found."), generation.ErrPending},
		"key refused":    {wavespeed.Prediction{}, status(401, ""), generation.ErrUnauthorized},
		"rate limited":   {wavespeed.Prediction{}, status(429, ""), generation.ErrRateLimited},
		"down":           {wavespeed.Prediction{}, status(503, ""), generation.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &provider{result: func(id string) (wavespeed.Prediction, error) {
				require.Equal(t, "p1", id)
				return c.prediction, c.err
			}}
			value, err := execute(t, forProvider(p), wire.AwaitName,
				wire.AwaitInput{Key: "still", Account: generation.DefaultAccount, PredictionID: "p1", Within: time.Hour})
			if c.want == "" {
				require.NoError(t, err)
				var got wire.Outcome
				require.NoError(t, value.Get(&got))
				require.Equal(t, string(c.prediction.Status), got.Status)
				require.Len(t, got.Outputs, len(c.prediction.Outputs))
				return
			}
			var got *temporal.ApplicationError
			require.ErrorAs(t, err, &got)
			require.Equal(t, c.want, got.Type())
			require.False(t, got.NonRetryable(), "a prediction that was paid for is asked for again and again")
		})
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	_, err := activities.New(activities.Options{})
	require.ErrorContains(t, err, "Accounts")
	_, err = activities.New(activities.Options{Accounts: map[string]activities.Provider{"a": nil}})
	require.ErrorContains(t, err, `Accounts["a"]`)
}
