package activities

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/quota"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// classify maps a provider's error to the error type that the workflow or the Temporal UI sees.
// Any other error is [generation.ErrorTypeUnavailable]: asking again may help.
func classify(err error) generation.ErrorType {
	var failure *provider.Error
	if !errors.As(err, &failure) {
		return generation.ErrorTypeUnavailable
	}
	return failure.Type()
}

// submitError says whether a submit may be retried. An error is retryable only if it proves
// that nothing was accepted, and may be temporary. For a submit that may have been accepted,
// lost is what is known.
func submitError(ctx context.Context, in wire.SubmitInput, lost wire.Lost, err error) error {
	what := fmt.Sprintf("generation %q: submit of %s", in.Key, in.Model)
	var failure *provider.Error
	if !errors.As(err, &failure) || !failure.NotAccepted() {
		return temporal.NewApplicationErrorWithOptions(what+" got no clear answer, so it may have been accepted: "+err.Error(),
			string(generation.ErrorTypeSubmitUnknown), temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{lost}})
	}
	kind := classify(err)
	switch {
	case in.Leased && !in.Insists && kind == generation.ErrorTypeRateLimited && told(err) <= timeLeft(activity.GetInfo(ctx), in.Within):
		return refusal(what, err)
	case kind == generation.ErrorTypeUnavailable, kind == generation.ErrorTypeRateLimited:
		return submitAgain(ctx, in, kind, what+" was not accepted", err)
	default:
		return final(kind, what+" was refused: "+err.Error(), nil)
	}
}

// refusal is the error of a submit that has a slot, but was refused for the account's limits:
// somebody else uses the account, or the limits are wrong. Its workflow waits for another slot.
func refusal(what string, err error) error {
	pool := quota.Running
	if text := strings.ToLower(err.Error()); strings.Contains(text, "minute") {
		pool = quota.Starts
	}
	return temporal.NewApplicationErrorWithOptions(what+" was refused for the account's limits: "+err.Error(), string(generation.ErrorTypeRateLimited),
		temporal.ApplicationErrorOptions{NonRetryable: true, Category: temporal.ApplicationErrorCategoryBenign, Details: []any{wire.Refusal{Refused: true, Pool: pool, After: min(told(err), quota.LongestBlock)}}})
}

// addressError: without an address nothing is submitted; only a key that the provider rejects
// does not improve by waiting.
func addressError(ctx context.Context, in wire.SubmitInput, err error) error {
	what := fmt.Sprintf("generation %q: the address for its webhook could not be made", in.Key)
	if classify(err) == generation.ErrorTypeUnauthorized {
		return final(generation.ErrorTypeUnauthorized, what+": "+err.Error(), nil)
	}
	return beforeSubmit(ctx, in, generation.ErrorTypeUnavailable, what, err)
}

// priceError: with a budget nothing is submitted without a price. Asking is free.
func priceError(ctx context.Context, in wire.SubmitInput, err error) error {
	what := fmt.Sprintf("generation %q: the price of %s, without which a budget lets nothing be submitted,", in.Key, in.Model)
	if errors.Is(err, provider.ErrImpossiblePrice) {
		return final(generation.ErrorTypeBudgetExceeded, what+" cannot be believed: "+err.Error(), nil)
	}
	switch kind := classify(err); kind {
	case generation.ErrorTypeUnavailable, generation.ErrorTypeRateLimited:
		return beforeSubmit(ctx, in, kind, what+" could not be had", err)
	default:
		return final(kind, what+" was refused: "+err.Error(), nil)
	}
}

// readError: reads are free, so everything is retried.
func readError(ctx context.Context, what string, err error) error {
	kind := classify(err)
	if kind == generation.ErrorTypeModelNotFound {
		return pending(what + " is not known to the provider (yet): " + err.Error())
	}
	return again(ctx, kind, what+" could not be read", err)
}
