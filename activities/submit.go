package activities

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

// Submit starts one prediction. It posts at most once; see the package comment
// for what its errors mean.
func (a *Activities) Submit(ctx context.Context, in generation.SubmitInput) (generation.Submitted, error) {
	provider, err := a.provider(ctx, in.Account)
	if err != nil {
		return generation.Submitted{}, keylessSubmit(ctx, in)
	}
	if err := a.checkInput(in); err != nil {
		return generation.Submitted{}, err
	}
	if id, ok := a.claims.prediction(in.Nonce); ok {
		// An earlier attempt was accepted, but its result could not be recorded.
		return generation.Submitted{PredictionID: id, Webhook: a.options.WebhookURL != nil}, nil
	}
	if err := checkTime(activity.GetInfo(ctx)); err != nil {
		return generation.Submitted{}, err
	}
	ctx, cancel := withMargin(ctx)
	defer cancel()
	address, err := a.address(ctx, in)
	if err != nil {
		return generation.Submitted{}, err
	}
	price, err := a.price(ctx, provider, in)
	if err != nil {
		return generation.Submitted{}, err
	}
	prediction, err := provider.Submit(ctx, wavespeed.SubmitRequest{Model: in.Model, Input: in.Input, WebhookURL: address})
	if err != nil {
		err = submitError(ctx, in, price, err)
		countSubmit(ctx, err)
		return generation.Submitted{}, err
	}
	countSubmit(ctx, nil)
	countSpend(ctx, in.Model, price)
	a.claims.add(in.Nonce, prediction.ID)
	return generation.Submitted{PredictionID: prediction.ID, Webhook: address != "", Price: price}, nil
}

// checkInput refuses what the provider is known to refuse, or to answer in a way
// that no durable wait can use.
func (a *Activities) checkInput(in generation.SubmitInput) error {
	var input struct {
		Base64 bool `json:"enable_base64_output"`
		Sync   bool `json:"enable_sync_mode"`
	}
	if err := json.Unmarshal(in.Input, &input); err != nil {
		return final(generation.ErrInvalidInput, fmt.Sprintf("generation %q: input: must be a JSON object whose switches are true or false", in.Key), nil)
	}
	if input.Base64 && a.options.WebhookURL != nil {
		return final(generation.ErrInvalidInput, fmt.Sprintf("generation %q: input.enable_base64_output: the provider delivers no base64 to a webhook; leave it out and take the output's URL", in.Key), nil)
	}
	if input.Sync {
		return final(generation.ErrInvalidInput, fmt.Sprintf("generation %q: input.enable_sync_mode: a generation waits without holding a connection; leave it out", in.Key), nil)
	}
	return nil
}

// checkTime refuses to begin a submit that could be cut by the generation's
// deadline: cut, it would be unknown whether it was accepted.
func checkTime(info activity.Info) error {
	whole := info.StartedTime.Add(info.StartToCloseTimeout)
	if info.Deadline.Before(whole.Add(-time.Second)) {
		return final(generation.ErrDeadlineExceeded, "the deadline passed before the provider accepted the submit; nothing was billed", nil)
	}
	return nil
}

func (a *Activities) address(ctx context.Context, in generation.SubmitInput) (string, error) {
	if a.options.WebhookURL == nil {
		return "", nil
	}
	info := activity.GetInfo(ctx)
	address, err := a.options.WebhookURL(ctx, generation.Target{
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

// price asks what the submit would cost, where somebody wants to know. With a bound it
// must be known, and within it.
func (a *Activities) price(ctx context.Context, provider Provider, in generation.SubmitInput) (*generation.USD, error) {
	if !a.options.Prices && in.MaxPrice == nil {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, priceTimeout)
	defer cancel()
	price, err := provider.Price(ctx, in.Model, in.Input)
	switch {
	case err != nil && in.MaxPrice != nil:
		return nil, priceError(ctx, in, err)
	case err != nil:
		activity.GetLogger(ctx).Debug("price not known", "key", in.Key, "model", in.Model, "error", err)
		return nil, nil
	case in.MaxPrice != nil && price.Amount > *in.MaxPrice:
		return nil, temporal.NewApplicationErrorWithOptions(
			fmt.Sprintf("generation %q: %s costs %s, more than the %s left for it; nothing was submitted", in.Key, in.Model, price.Amount, *in.MaxPrice),
			generation.ErrBudgetExceeded, temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{price.Amount}})
	default:
		return &price.Amount, nil
	}
}
