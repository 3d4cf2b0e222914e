package activities_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/wavespeed-temporal/wavespeed-temporal/activities"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// provider answers as its functions say and counts submits.
type fake struct {
	submit  func(provider.SubmitRequest) (provider.Prediction, error)
	result  func(id string) (provider.Prediction, error)
	list    func(provider.ListOptions) (provider.Page, error)
	charges func(provider.ChargesOptions) (provider.ChargePage, error)
	price   func() (provider.Price, error)
	models  []provider.Model

	modelsErr error // which a fetch of the catalogue takes its time for
	submits   []provider.SubmitRequest
}

func (p *fake) Submit(_ context.Context, request provider.SubmitRequest) (provider.Prediction, error) {
	p.submits = append(p.submits, request)
	return p.submit(request)
}

func (p *fake) Result(_ context.Context, id string) (provider.Prediction, error) {
	return p.result(id)
}

func (p *fake) List(_ context.Context, o provider.ListOptions) (provider.Page, error) {
	return p.list(o)
}

func (p *fake) Charges(_ context.Context, o provider.ChargesOptions) (provider.ChargePage, error) {
	if p.charges == nil {
		return provider.ChargePage{}, nil
	}
	return p.charges(o)
}

func (p *fake) KeyFingerprint() string { return "" }

func (p *fake) Switches() []provider.Switch {
	return []provider.Switch{{Name: "hold", Why: "holds a connection"}, {Name: "inline", Why: "is too large for a webhook", Webhook: true}}
}

func (p *fake) Price(context.Context, string, any) (provider.Price, error) { return p.price() }

func (p *fake) Models(ctx context.Context) ([]provider.Model, error) {
	if p.modelsErr != nil {
		<-ctx.Done()
	}
	return p.models, p.modelsErr
}

func (p *fake) Balance(context.Context) (generation.USD, error) { return 0, nil }

func accepting() *fake {
	return &fake{submit: func(provider.SubmitRequest) (provider.Prediction, error) {
		return provider.Prediction{ID: "p1", State: provider.StateCreated}, nil
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

func forProvider(p *fake) activities.Options {
	return activities.Options{Accounts: map[string]provider.Provider{generation.DefaultAccount: p}}
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
	p.price = func() (provider.Price, error) { return provider.Price{Amount: generation.Dollars(0.012)}, nil }
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
	p.price = func() (provider.Price, error) { return provider.Price{}, errors.New("no price") }
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

// said is what a provider says in place of a success.
func said(kind provider.Kind, message string) *provider.Error {
	e := &provider.Error{Op: "submit", Kind: kind, Err: errors.New(message)}
	if e.Kind >= provider.Invalid {
		e.Accepted = provider.Refused
	}
	return e
}

func TestSubmitErrors(t *testing.T) {
	t.Parallel()
	never := &provider.Error{Op: "submit", Accepted: provider.NeverSent, Err: errors.New("connection refused")}
	invalid := &provider.Error{Op: "submit", Kind: provider.Invalid, Accepted: provider.NeverSent}
	for name, c := range map[string]struct {
		err       error
		want      generation.ErrorType
		retryable bool
	}{
		"wrong input":        {said(provider.Invalid, `field "size" must be one of`), generation.ErrorTypeInvalidInput, false},
		"no such call":       {said(provider.Unsupported, ""), generation.ErrorTypeInvalidInput, false},
		"wrong key":          {said(provider.KeyRefused, "Invalid API key."), generation.ErrorTypeUnauthorized, false},
		"no credits":         {said(provider.Unpaid, ""), generation.ErrorTypeInsufficientCredits, false},
		"forbidden":          {said(provider.Forbidden, "role may not"), generation.ErrorTypeUnauthorized, false},
		"no such model":      {said(provider.NotFound, "Model not found"), generation.ErrorTypeModelNotFound, false},
		"limited":            {said(provider.Limited, "You have reached your concurrency limit"), generation.ErrorTypeRateLimited, true},
		"failed":             {said(provider.Failed, ""), generation.ErrorTypeSubmitUnknown, false},
		"a gateway":          {said(provider.Unclear, ""), generation.ErrorTypeSubmitUnknown, false},
		"reset":              {&provider.Error{Op: "submit", Err: errors.New("connection reset")}, generation.ErrorTypeSubmitUnknown, false},
		"never sent":         {never, generation.ErrorTypeUnavailable, true},
		"cannot be sent":     {invalid, generation.ErrorTypeInvalidInput, false},
		"not a typed error":  {errors.New("what?"), generation.ErrorTypeSubmitUnknown, false},
		"garbled":            {said(provider.Garbled, ""), generation.ErrorTypeSubmitUnknown, false},
		"a refusal in doubt": {&provider.Error{Op: "submit", Kind: provider.Invalid}, generation.ErrorTypeSubmitUnknown, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &fake{submit: func(provider.SubmitRequest) (provider.Prediction, error) { return provider.Prediction{}, c.err }}
			_, err := execute(t, forProvider(p), wire.SubmitName, submitInput(`{"prompt":"a lighthouse"}`))
			var got *temporal.ApplicationError
			require.ErrorAs(t, err, &got)
			require.Equal(t, c.want, generation.ErrorTypeOf(got))
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
		"inline with a webhook": {`{"inline":true}`, true, "input.inline: is too large for a webhook"},
		"hold":                  {`{"hold":true}`, false, "input.hold: holds a connection"},
		"inline by polling":     {`{"inline":true}`, false, ""},
		"off":                   {`{"hold":false,"inline":null}`, true, ""},
		"neither":               {`{"hold":"yes"}`, false, "input.hold: must be true or false"},
		"not an object":         {`[1]`, false, "input: must be"},
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
			require.Equal(t, generation.ErrorTypeInvalidInput, generation.ErrorTypeOf(got))
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
		"the provider is down":  {said(provider.Failed, ""), true},
		"the key is not a key":  {said(provider.KeyRefused, ""), false},
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
		prediction provider.Prediction
		err        error
		want       generation.ErrorType // the retryable error's type; "" for an outcome
	}{
		"completed":      {provider.Prediction{ID: "p1", State: "completed", Outputs: []json.RawMessage{json.RawMessage(`"https://cdn.test/1.png"`)}}, nil, ""},
		"failed":         {provider.Prediction{ID: "p1", State: "failed", Failure: provider.Failure{Type: generation.ErrorTypeContentRejected}}, nil, ""},
		"deleted":        {provider.Prediction{ID: "p1", State: "deleted"}, nil, ""},
		"created":        {provider.Prediction{ID: "p1", State: "created"}, nil, wire.ErrorTypePending},
		"unknown status": {provider.Prediction{ID: "p1", State: "pondering"}, nil, wire.ErrorTypePending},
		"not found yet":  {provider.Prediction{}, said(provider.NotFound, "Prediction not found."), wire.ErrorTypePending},
		"key refused":    {provider.Prediction{}, said(provider.KeyRefused, ""), generation.ErrorTypeUnauthorized},
		"rate limited":   {provider.Prediction{}, said(provider.Limited, ""), generation.ErrorTypeRateLimited},
		"down":           {provider.Prediction{}, said(provider.Failed, ""), generation.ErrorTypeUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &fake{result: func(id string) (provider.Prediction, error) {
				require.Equal(t, "p1", id)
				return c.prediction, c.err
			}}
			value, err := execute(t, forProvider(p), wire.AwaitName,
				wire.AwaitInput{Key: "still", Account: generation.DefaultAccount, PredictionID: "p1", Within: time.Hour})
			if c.want == "" {
				require.NoError(t, err)
				var got wire.Outcome
				require.NoError(t, value.Get(&got))
				require.Equal(t, string(c.prediction.State), got.Status)
				require.Len(t, got.Outputs, len(c.prediction.Outputs))
				return
			}
			var got *temporal.ApplicationError
			require.ErrorAs(t, err, &got)
			require.Equal(t, c.want, generation.ErrorTypeOf(got))
			require.False(t, got.NonRetryable(), "a prediction that was paid for is asked for again and again")
		})
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	_, err := activities.New(activities.Options{})
	require.ErrorContains(t, err, "Accounts")
	_, err = activities.New(activities.Options{Accounts: map[string]provider.Provider{"a": nil}})
	require.ErrorContains(t, err, `Accounts["a"]`)
}
