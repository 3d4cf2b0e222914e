package wavespeed

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// Balance is the account's credit. It may be negative: submits at the same time can overdraw
// it. One that no amount can be is an error.
func (c *Client) Balance(ctx context.Context) (generation.USD, error) {
	var data struct {
		Balance json.RawMessage `json:"balance"`
	}
	if err := c.ask(ctx, call{op: opBalance, method: http.MethodGet, path: "/balance"}, &data); err != nil {
		return 0, err
	}
	if missing(data.Balance) {
		return 0, odd(opBalance, "", "the answer holds no balance")
	}
	balance, err := amount(data.Balance)
	if err != nil {
		return 0, c.impossible(call{op: opBalance}, err)
	}
	return balance, nil
}

// WebhookSecret is what the provider signs webhooks with, "whsec_" included. It is
// not documented whether each key of an account has its own.
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
		return "", odd(opSecret, "", "the answer holds no secret")
	}
	return secret, nil
}
