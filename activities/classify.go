package activities

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

// classify maps an error of the provider to the type of the error that the
// workflow or the Temporal UI sees. It is the one place where statuses and texts
// of the provider are given a meaning.
func classify(err error) string {
	var failure *wavespeed.Error
	if !errors.As(err, &failure) {
		return generation.ErrUnavailable
	}
	if errors.Is(err, wavespeed.ErrInvalid) {
		return generation.ErrInvalidInput
	}
	switch failure.StatusCode {
	case http.StatusUnauthorized:
		return generation.ErrUnauthorized
	case http.StatusPaymentRequired:
		return generation.ErrInsufficientCredits
	case http.StatusNotFound:
		return generation.ErrModelNotFound
	case http.StatusTooManyRequests:
		return generation.ErrRateLimited
	case http.StatusForbidden:
		if aboutCredits(failure) {
			return generation.ErrInsufficientCredits
		}
		return generation.ErrUnauthorized
	}
	switch {
	case failure.StatusCode >= 500 || failure.StatusCode < 400:
		return generation.ErrUnavailable
	case aboutCredits(failure):
		return generation.ErrInsufficientCredits
	default:
		return generation.ErrInvalidInput
	}
}

// codeInsufficientCredits is seen with that meaning, but not documented; so is no
// status. The text decides where the code does not.
const codeInsufficientCredits = 1407

func aboutCredits(failure *wavespeed.Error) bool {
	text := strings.ToLower(failure.Message)
	return failure.Code == codeInsufficientCredits ||
		strings.Contains(text, "insufficient") || strings.Contains(text, "not enough credit") || strings.Contains(text, "top up")
}

// submitError says whether a submit may be tried again. Retryable is only what
// proves that nothing was accepted and may pass by itself. The price, if it is known, is what
// one that may have been accepted costs.
func submitError(ctx context.Context, in generation.SubmitInput, price *generation.USD, err error) error {
	what := fmt.Sprintf("generation %q: submit of %s", in.Key, in.Model)
	var failure *wavespeed.Error
	if !errors.As(err, &failure) || !failure.NotAccepted() {
		options := temporal.ApplicationErrorOptions{NonRetryable: true}
		if price != nil {
			options.Details = []any{*price}
		}
		return temporal.NewApplicationErrorWithOptions(what+" got no clear answer, so it may have been accepted: "+err.Error(), generation.ErrSubmitUnknown, options)
	}
	kind := classify(err)
	switch kind {
	case generation.ErrUnavailable, generation.ErrRateLimited:
		return again(ctx, kind, what+" was not accepted", err)
	default:
		return final(kind, what+" was refused: "+err.Error(), nil)
	}
}

// addressError: without an address nothing is submitted; only a key that the
// provider refuses will not get better by waiting.
func addressError(ctx context.Context, in generation.SubmitInput, err error) error {
	what := fmt.Sprintf("generation %q: the address for its webhook could not be made", in.Key)
	if classify(err) == generation.ErrUnauthorized {
		return final(generation.ErrUnauthorized, what+": "+err.Error(), nil)
	}
	return again(ctx, generation.ErrUnavailable, what, err)
}

// priceError: with a budget nothing is submitted without a price. Asking is free.
func priceError(ctx context.Context, in generation.SubmitInput, err error) error {
	what := fmt.Sprintf("generation %q: the price of %s, without which a budget lets nothing be submitted,", in.Key, in.Model)
	if errors.Is(err, wavespeed.ErrImpossiblePrice) {
		return final(generation.ErrBudgetExceeded, what+" cannot be believed: "+err.Error(), nil)
	}
	switch kind := classify(err); kind {
	case generation.ErrUnavailable, generation.ErrRateLimited:
		return again(ctx, kind, what+" could not be had", err)
	default:
		return final(kind, what+" was refused: "+err.Error(), nil)
	}
}

// readError: reading is free, so everything is tried again.
func readError(ctx context.Context, what string, err error) error {
	kind := classify(err)
	if kind == generation.ErrModelNotFound {
		return pending(what + " is not known to the provider (yet): " + err.Error())
	}
	return again(ctx, kind, what+" could not be read", err)
}

func final(kind, message string, cause error) error {
	return temporal.NewApplicationErrorWithOptions(message, kind, temporal.ApplicationErrorOptions{NonRetryable: true, Cause: cause})
}

func again(ctx context.Context, kind, what string, err error) error {
	delay := backoff(err, activity.GetInfo(ctx).Attempt)
	return temporal.NewApplicationErrorWithOptions(
		fmt.Sprintf("%s; next try in %v: %v", what, delay.Round(time.Second), err),
		kind,
		temporal.ApplicationErrorOptions{NextRetryDelay: delay, Category: temporal.ApplicationErrorCategoryBenign})
}

const (
	firstBackoff = time.Second
	maxBackoff   = time.Minute
)

// backoff is the provider's Retry-After, or doubles from a second to a minute. It
// is spread, so that a thousand generations that failed together do not come back
// together.
func backoff(err error, attempt int32) time.Duration {
	var failure *wavespeed.Error
	if errors.As(err, &failure) && failure.RetryAfter > 0 {
		return failure.RetryAfter + rand.N(failure.RetryAfter/4+time.Second) // #nosec G404 -- spreads, and hides nothing
	}
	ceiling := firstBackoff << min(max(attempt, 1)-1, 6)
	ceiling = min(ceiling, maxBackoff)
	return ceiling/2 + rand.N(ceiling) // #nosec G404 -- spreads, and hides nothing
}
