package activities_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// bounded is a submit that may cost 10 cents.
func bounded() wire.SubmitInput {
	in := submitInput(`{"prompt":"a lighthouse"}`)
	most := generation.Dollars(0.10)
	in.MaxPrice = &most
	return in
}

func TestWithinTheBound(t *testing.T) {
	t.Parallel()
	for name, usd := range map[string]generation.USD{"cheaper": generation.Dollars(0.05), "as much": generation.Dollars(0.10), "nothing": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := accepting()
			p.price = func() (provider.Price, error) { return provider.Price{Amount: usd}, nil }
			value, err := execute(t, forProvider(p), wire.SubmitName, bounded())
			require.NoError(t, err)
			var got wire.Submitted
			require.NoError(t, value.Get(&got))
			require.Equal(t, usd, *got.Price, "a maximum price returns the price, even without Options.Prices")
			require.Len(t, p.submits, 1)
		})
	}
}

func TestBeyondTheBoundNothingIsSubmitted(t *testing.T) {
	t.Parallel()
	p := accepting()
	p.price = func() (provider.Price, error) { return provider.Price{Amount: generation.Dollars(0.10) + 1}, nil }
	_, err := execute(t, forProvider(p), wire.SubmitName, bounded())
	var got *temporal.ApplicationError
	require.ErrorAs(t, err, &got)
	require.Equal(t, generation.ErrorTypeBudgetExceeded, generation.ErrorTypeOf(got))
	require.True(t, got.NonRetryable())
	require.Equal(t, `generation "still": wavespeed-ai/flux-dev costs $0.100000001, more than the $0.10 left for it; nothing was submitted`, got.Message())
	var price generation.USD
	require.NoError(t, got.Details(&price))
	require.Equal(t, generation.Dollars(0.10)+1, price)
	require.Empty(t, p.submits)
}

// TestWithoutAPriceNothingIsSubmitted where there is a bound. Asking is free, so what may
// pass is asked again.
func TestWithoutAPriceNothingIsSubmitted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err       error
		want      generation.ErrorType
		retryable bool
	}{
		"down":          {said(provider.Failed, ""), generation.ErrorTypeUnavailable, true},
		"limited":       {said(provider.Limited, ""), generation.ErrorTypeRateLimited, true},
		"cut":           {errors.New("connection reset"), generation.ErrorTypeUnavailable, true},
		"no such model": {said(provider.NotFound, ""), generation.ErrorTypeModelNotFound, false},
		"wrong input":   {said(provider.Invalid, "size"), generation.ErrorTypeInvalidInput, false},
		"wrong key":     {said(provider.KeyRefused, ""), generation.ErrorTypeUnauthorized, false},
		"impossible":    {&provider.Error{Kind: provider.Garbled, Err: provider.ErrImpossiblePrice}, generation.ErrorTypeBudgetExceeded, false},
		"no credits":    {said(provider.Unpaid, ""), generation.ErrorTypeInsufficientCredits, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := accepting()
			p.price = func() (provider.Price, error) { return provider.Price{}, c.err }
			_, err := execute(t, forProvider(p), wire.SubmitName, bounded())
			var got *temporal.ApplicationError
			require.ErrorAs(t, err, &got)
			require.Equal(t, c.want, generation.ErrorTypeOf(got))
			require.Equal(t, c.retryable, !got.NonRetryable())
			require.Contains(t, got.Message(), `generation "still": the price of wavespeed-ai/flux-dev`)
			require.NotContains(t, got.Message(), "lighthouse")
			require.Empty(t, p.submits)
		})
	}
}
