package wavespeed

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plaintext"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/usd"
)

// maxPrice is the most that one submit is believed to cost: more than any account pays.
const maxPrice = 1_000_000 * usd.Dollar

// Price requests the cost of a submit of this input. The provider checks the input only partly:
// a missing field is not an error, but priced at the model's minimum. An impossible price is an
// error.
func (c *Client) Price(ctx context.Context, model string, input any) (provider.Price, error) {
	r := call{op: opPrice, subject: model, method: http.MethodPost, path: "/model/price", readOnly: true}
	if err := validateModel(model); err != nil {
		r.subject = ""
		return provider.Price{}, c.invalid(r, err.Error())
	}
	inputs, err := encodeInput(input)
	if err != nil {
		return provider.Price{}, c.invalid(r, "input "+err.Error())
	}
	r.body = map[string]any{"model_id": model, "inputs": inputs}
	var data quote
	if err := c.ask(ctx, r, &data); err != nil {
		return provider.Price{}, err
	}
	if missing(data.Price) {
		return provider.Price{}, odd(opPrice, model, "the response contains no price")
	}
	price, err := data.read()
	if err != nil {
		return provider.Price{}, c.impossible(r, err)
	}
	return price, nil
}

// quote is a price in the provider's format.
type quote struct {
	Price      json.RawMessage `json:"price"`
	Discounted json.RawMessage `json:"discounted_price"`
	Currency   json.RawMessage `json:"currency"`
}

func (q quote) read() (p provider.Price, err error) {
	var currency string
	if !missing(q.Currency) && json.Unmarshal(q.Currency, &currency) != nil || currency != "" && currency != "USD" {
		return p, fmt.Errorf("the currency is %s, not USD", shown(q.Currency))
	}
	if p.Full, err = price(q.Price); err != nil {
		return provider.Price{}, err
	}
	if p.Amount = p.Full; !missing(q.Discounted) {
		p.Amount, err = price(q.Discounted)
	}
	return p, err
}

// price parses a price.
func price(raw json.RawMessage) (generation.USD, error) {
	usd, err := amount(raw)
	switch {
	case err != nil:
		return 0, err
	case usd < 0:
		return 0, fmt.Errorf("%s is negative", usd)
	case usd > maxPrice:
		return 0, fmt.Errorf("%s is more than any account pays (%s)", usd, maxPrice)
	default:
		return usd, nil
	}
}

func amount(raw json.RawMessage) (usd generation.USD, err error) {
	return usd, json.Unmarshal(raw, &usd)
}

// impossible returns the error for a response with an impossible amount.
func (c *Client) impossible(r call, why error) error {
	err := fmt.Errorf("%w: %w", provider.ErrImpossiblePrice, why)
	return c.unreadable(r, answer{status: http.StatusOK}, err)
}

// shown returns a limited excerpt of a response.
func shown(raw json.RawMessage) string { return plaintext.Clip(string(raw), 40) }
