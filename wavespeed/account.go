package wavespeed

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// Balance returns the account's credit. It may be negative, because concurrent submits can
// overdraw it. An impossible amount is an error.
func (c *Client) Balance(ctx context.Context) (generation.USD, error) {
	var data struct {
		Balance json.RawMessage `json:"balance"`
	}
	if err := c.ask(ctx, call{op: opBalance, method: http.MethodGet, path: "/balance"}, &data); err != nil {
		return 0, err
	}
	if missing(data.Balance) {
		return 0, odd(opBalance, "", "the response contains no balance")
	}
	balance, err := amount(data.Balance)
	if err != nil {
		return 0, c.impossible(call{op: opBalance}, err)
	}
	return balance, nil
}

// WebhookSecret returns the secret that the provider signs webhooks with, including "whsec_".
// It is not documented whether each key of an account has its own.
func (c *Client) WebhookSecret(ctx context.Context) (string, error) {
	var data json.RawMessage
	if err := c.ask(ctx, call{op: opSecret, method: http.MethodGet, path: "/webhook/secret"}, &data); err != nil {
		return "", err
	}
	var secret string
	if json.Unmarshal(data, &secret) != nil {
		var o object
		_ = json.Unmarshal(data, &o)
		secret = o.text("secret")
	}
	if secret == "" {
		return "", odd(opSecret, "", "the response contains no secret")
	}
	return secret, nil
}
