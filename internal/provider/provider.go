// Package provider is the seam between this project and the service that generates: the
// requests to a provider, in words of our own. Package wavespeed implements it. Nothing above
// it knows that provider's words for states, its error codes, its JSON or its headers.
//
// It is internal because nobody outside implements it, so that the public packages stay small.
package provider

import (
	"context"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// Provider is one account, with one API key. Each method asks once: retries are the caller's.
// Their errors are an [*Error].
type Provider interface {
	// Submit asks for a prediction, at most once. It costs money as soon as it is accepted.
	Submit(context.Context, SubmitRequest) (Prediction, error)

	// Result reads a prediction, ended or not.
	Result(ctx context.Context, id string) (Prediction, error)

	// List reads a page of the latest predictions, newest first.
	List(context.Context, ListOptions) (Page, error)

	// Charges reads a page of the account's billing, newest first.
	Charges(context.Context, ChargesOptions) (ChargePage, error)

	// Price asks what a submit would cost.
	Price(ctx context.Context, model string, input any) (Price, error)

	// Models reads the catalogue.
	Models(context.Context) ([]Model, error)

	// Balance is the account's credit.
	Balance(context.Context) (generation.USD, error)

	// KeyFingerprint identifies an API key without revealing it; "" if unknown.
	KeyFingerprint() string

	// Switches are the fields of an input that have no place in a durable generation.
	Switches() []Switch
}

// Switch is a field of an input that is for the provider itself, not for the model, and must not
// be true.
type Switch struct {
	Name string

	// Why says what speaks against it, and what to do.
	Why string

	// Webhook limits it to submits with a webhook.
	Webhook bool
}
