package wavespeed

import (
	"context"
	"encoding/json"
	"net/http"
)

// Balance is the account's credit, in USD.
func (c *Client) Balance(ctx context.Context) (float64, error) {
	var data struct {
		Balance *float64 `json:"balance"`
	}
	if err := c.ask(ctx, call{op: opBalance, method: http.MethodGet, path: "/balance"}, &data); err != nil {
		return 0, err
	}
	if data.Balance == nil {
		return 0, &Error{Op: opBalance, StatusCode: http.StatusOK, Message: "the answer holds no balance"}
	}
	return *data.Balance, nil
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
		return "", &Error{Op: opSecret, StatusCode: http.StatusOK, Message: "the answer holds no secret"}
	}
	return secret, nil
}
