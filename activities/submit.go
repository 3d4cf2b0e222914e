package activities

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// submit starts one prediction. It posts at most once; see the package comment
// for what its errors mean.
func (a *Activities) submit(ctx context.Context, in wire.SubmitInput) (wire.Submitted, error) {
	entered, info := a.options.Now(), activity.GetInfo(ctx)
	submitted, err := a.submitOnce(ctx, info, entered, in)
	if err == nil {
		submitted.Nonce = in.Nonce
		err = a.awaitCodec(ctx, in, submitted)
	}
	if isRefusal(err) {
		a.refused.add(in.Nonce, info.Attempt)
	}
	return submitted, impatient(info, timeLeft(info, in.Within), in.Patience, err)
}

func (a *Activities) submitOnce(ctx context.Context, info activity.Info, entered time.Time, in wire.SubmitInput) (wire.Submitted, error) {
	if in.Ungated {
		a.endStranded(ctx, info, in.Account)
	}
	if in.Leased {
		a.tellLimits(ctx, in.Account)
	}
	account, err := a.account(ctx, in.Account)
	if err != nil {
		return wire.Submitted{}, cmp.Or(a.checkAttempt(ctx, info, entered, in), keylessSubmit(ctx, in))
	}
	ctx, cancel := attempt(ctx)
	defer cancel()
	if account.memory.prediction(in.Nonce) == "" {
		if err := a.checkTurn(ctx, info, entered, in); err != nil {
			return wire.Submitted{}, err
		}
		if err := a.checkInput(account.provider, in); err != nil {
			return wire.Submitted{}, err
		}
		if err := a.checkPaused(ctx, info, in); err != nil {
			return wire.Submitted{}, err
		}
	}
	post, ours, err := account.memory.begin(ctx, in.Nonce, in.Model, account.apiKey())
	switch {
	case err != nil:
		return wire.Submitted{}, lost(in, wire.Lost{APIKey: account.apiKey()}, "is under way in another attempt of it")
	case !ours && post.predictionID != "":
		// An earlier attempt was accepted, but its result could not be recorded.
		return wire.Submitted{PredictionID: post.predictionID, Webhook: a.options.WebhookURL != nil, APIKey: account.apiKey()}, nil
	case !ours:
		return wire.Submitted{}, lost(in, wire.Lost{APIKey: account.apiKey(), Over: true}, "was made before, and its answer was lost")
	}
	submitted, err := a.post(ctx, account, in)
	account.memory.end(in.Nonce, post, submitted.PredictionID, isUnknown(err))
	return submitted, err
}

// post obtains everything that the submit needs, and sends it.
func (a *Activities) post(ctx context.Context, account *account, in wire.SubmitInput) (wire.Submitted, error) {
	address, err := a.address(ctx, in)
	if err != nil {
		return wire.Submitted{}, err
	}
	price, err := a.price(ctx, account.provider, in)
	if err != nil {
		return wire.Submitted{}, err
	}
	request := provider.SubmitRequest{Model: in.Model, Input: a.seeds.draw(ctx, account, in), WebhookURL: address}
	sent := a.options.Now()
	prediction, err := account.provider.Submit(ctx, request)
	if err != nil {
		err = submitError(ctx, in, wire.Lost{Nonce: in.Nonce, Price: price, APIKey: account.apiKey(), Over: true}, err)
		countSubmit(ctx, err)
		return wire.Submitted{}, err
	}
	received := a.options.Now()
	account.offset.learn(sent, received, prediction.CreatedAt)
	account.made.add(prediction.ID, prediction.CreatedAt, received)
	countSubmit(ctx, nil)
	countSpend(ctx, in.Model, price)
	return wire.Submitted{PredictionID: prediction.ID, Webhook: address != "", Price: price, APIKey: account.apiKey()}, nil
}

// lost is the error of a submit if this attempt cannot tell whether it was accepted.
func lost(in wire.SubmitInput, what wire.Lost, why string) error {
	what.Nonce = in.Nonce
	return temporal.NewApplicationErrorWithOptions(fmt.Sprintf("generation %q: submit of %s %s", in.Key, in.Model, why),
		string(generation.ErrorTypeSubmitUnknown), temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{what}})
}

// checkInput rejects inputs that the provider is known to reject, or to answer in a way that a
// durable wait can't use.
func (a *Activities) checkInput(at provider.Provider, in wire.SubmitInput) error {
	wrong := func(field, why string) error {
		return final(generation.ErrorTypeInvalidInput, fmt.Sprintf("generation %q: %s: %s", in.Key, field, why), nil)
	}
	var input map[string]json.RawMessage
	if err := json.Unmarshal(in.Input, &input); err != nil {
		return wrong("input", "must be a JSON object")
	}
	for _, s := range at.Switches() {
		on := false
		if raw, given := input[s.Name]; given && json.Unmarshal(raw, &on) != nil {
			return wrong("input."+s.Name, "must be true or false")
		}
		if on && (!s.Webhook || a.options.WebhookURL != nil) {
			return wrong("input."+s.Name, s.Why)
		}
	}
	return nil
}

func (a *Activities) address(ctx context.Context, in wire.SubmitInput) (string, error) {
	if a.options.WebhookURL == nil {
		return "", nil
	}
	info := activity.GetInfo(ctx)
	address, err := a.options.WebhookURL(ctx, wire.Target{
		Namespace:  info.Namespace,
		WorkflowID: info.WorkflowExecution.ID,
		Key:        in.Key,
		Nonce:      in.Nonce,
		Account:    in.Account,
	})
	if err != nil {
		return "", addressError(ctx, in, err)
	}
	return address, nil
}

const priceTimeout = 5 * time.Second

// price requests the submit's price, if anybody needs it. With a maximum price, it must be
// known and within the maximum.
func (a *Activities) price(ctx context.Context, at provider.Provider, in wire.SubmitInput) (*generation.USD, error) {
	if !a.options.Prices && in.MaxPrice == nil {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, priceTimeout)
	defer cancel()
	price, err := at.Price(ctx, in.Model, in.Input)
	switch {
	case err != nil && in.MaxPrice != nil:
		return nil, priceError(ctx, in, err)
	case err != nil:
		activity.GetLogger(ctx).Debug("price not known", "key", in.Key, "model", in.Model, "error", err)
		return nil, nil
	case in.MaxPrice != nil && price.Amount > *in.MaxPrice:
		return nil, temporal.NewApplicationErrorWithOptions(
			fmt.Sprintf("generation %q: %s costs %s, more than the %s left for it; nothing was submitted", in.Key, in.Model, price.Amount, *in.MaxPrice),
			string(generation.ErrorTypeBudgetExceeded), temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{price.Amount}})
	default:
		return &price.Amount, nil
	}
}
