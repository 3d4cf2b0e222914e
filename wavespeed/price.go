package wavespeed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// MaxPrice is the most that one submit is believed to cost: more than any account pays.
const MaxPrice = 1_000_000 * generation.Dollar

// ErrImpossiblePrice is the cause of an [*Error] for an amount that the provider told and
// that cannot be: one that is not a number, is negative, is beyond [MaxPrice], or is in a
// currency other than USD. Match it with errors.Is.
var ErrImpossiblePrice = errors.New("impossible price")

// Price is what one run costs, in US dollars.
type Price struct {
	// Amount is what would be charged, discounts included.
	Amount generation.USD

	// Full is the price without discounts.
	Full generation.USD
}

// Price asks what a submit of this input would cost. The input is checked as far
// as the provider does so here: a missing field is not an error, but priced as the
// model's floor. A price that cannot be is [ErrImpossiblePrice].
func (c *Client) Price(ctx context.Context, model string, input any) (Price, error) {
	r := call{op: opPrice, subject: model, method: http.MethodPost, path: "/model/price", readOnly: true}
	if err := ValidateModel(model); err != nil {
		r.subject = ""
		return Price{}, c.invalid(r, err.Error())
	}
	inputs, err := encodeInput(input)
	if err != nil {
		return Price{}, c.invalid(r, "input "+err.Error())
	}
	r.body = map[string]any{"model_id": model, "inputs": inputs}
	var data quote
	if err := c.ask(ctx, r, &data); err != nil {
		return Price{}, err
	}
	if missing(data.Price) {
		return Price{}, &Error{Op: opPrice, Subject: model, StatusCode: http.StatusOK, Message: "the answer holds no price"}
	}
	price, err := data.read()
	if err != nil {
		return Price{}, c.impossible(r, err)
	}
	return price, nil
}

// quote is a price as the provider writes it.
type quote struct {
	Price      json.RawMessage `json:"price"`
	Discounted json.RawMessage `json:"discounted_price"`
	Currency   json.RawMessage `json:"currency"`
}

func (q quote) read() (p Price, err error) {
	var currency string
	if !missing(q.Currency) && json.Unmarshal(q.Currency, &currency) != nil || currency != "" && currency != "USD" {
		return p, fmt.Errorf("the currency is %s, not USD", shown(q.Currency))
	}
	if p.Full, err = price(q.Price); err != nil {
		return Price{}, err
	}
	if p.Amount = p.Full; !missing(q.Discounted) {
		p.Amount, err = price(q.Discounted)
	}
	return p, err
}

// price reads what something costs.
func price(raw json.RawMessage) (generation.USD, error) {
	usd, err := amount(raw)
	switch {
	case err != nil:
		return 0, err
	case usd < 0:
		return 0, fmt.Errorf("%s is negative", usd)
	case usd > MaxPrice:
		return 0, fmt.Errorf("%s is more than any account pays (%s)", usd, MaxPrice)
	default:
		return usd, nil
	}
}

func amount(raw json.RawMessage) (usd generation.USD, err error) {
	return usd, json.Unmarshal(raw, &usd)
}

// impossible is the error for an answer with an amount that cannot be.
func (c *Client) impossible(r call, why error) error {
	err := fmt.Errorf("%w: %w", ErrImpossiblePrice, why)
	return &Error{Op: r.op, Subject: r.subject, StatusCode: http.StatusOK, Err: cause{text: c.clean(r, err.Error()), err: err}}
}

// shown is a bounded piece of an answer.
func shown(raw json.RawMessage) string { return cut(string(raw), 40) }
