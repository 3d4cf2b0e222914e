package wavespeed

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/usd"
)

// ChargesOptions selects records of the account's billing.
type ChargesOptions = provider.ChargesOptions

// Charges reads a page of the account's billing records, for all its API keys. Records may
// appear late. A page with an unreadable record is an error, because a missing charge looks
// like one that was never made.
func (c *Client) Charges(ctx context.Context, options ChargesOptions) (provider.ChargePage, error) {
	r := call{op: opCharges, method: http.MethodPost, path: "/billings/search", readOnly: true}
	body, err := chargesBodyOf(options)
	if err != nil {
		return provider.ChargePage{}, c.invalid(r, err.Error())
	}
	r.body = body
	var data pageData
	if err := c.ask(ctx, r, &data); err != nil {
		return provider.ChargePage{}, err
	}
	page := provider.ChargePage{Items: make([]provider.Charge, len(data.items)), Total: data.total, More: data.more}
	for i, item := range data.items {
		if page.Items[i], err = readCharge(item); err != nil {
			return provider.ChargePage{}, oddly(opCharges, err)
		}
	}
	return page, nil
}

type chargesBody struct {
	Page          int      `json:"page"`
	PageSize      int      `json:"page_size"`
	Kind          string   `json:"billing_type,omitempty"`
	PredictionIDs []string `json:"prediction_uuids,omitempty"`
	Sort          string   `json:"sort"`
	From          string   `json:"start_time,omitempty"`
	To            string   `json:"end_time,omitempty"`
}

func chargesBodyOf(o ChargesOptions) (chargesBody, error) {
	page, size, err := pageNumbers(o.Page, o.PageSize)
	if err != nil {
		return chargesBody{}, err
	}
	for _, id := range o.PredictionIDs {
		if err := validateID(id); err != nil {
			return chargesBody{}, err
		}
	}
	return chargesBody{
		Page: page, PageSize: size, Kind: o.Kind, PredictionIDs: o.PredictionIDs, Sort: "created_at DESC",
		From: millisecondBefore(o.From), To: millisecondAfter(o.To),
	}, nil
}

// The words for the kinds of charges are those of our own, and the last state of one is done.
const chargeDone = "done"

// readCharge reads a record in every shape that the provider is known to use. It
// fails if the record's id, kind, amount or prediction can't be told.
func readCharge(data []byte) (c provider.Charge, err error) {
	var o object
	if err := json.Unmarshal(data, &o); err != nil || o == nil {
		return c, errors.New("a charge is not a JSON object")
	}
	order, prediction := o.object("order"), o.object("prediction")
	c = provider.Charge{
		ID: o.text("uuid"), Kind: o.text("billing_type"),
		PredictionID: prediction.text("uuid"), Model: prediction.text("model_uuid"), Settled: order.text("state") == chargeDone, CreatedAt: o.created(),
		Key: provider.AccessKey{ID: o.name("access_key_id"), UUID: o.name("access_key_uuid"), Number: order.name("ak_id"), Name: o.text("access_key_name")},
	}
	switch {
	case c.ID == "":
		return c, errors.New("a charge has no uuid")
	case c.Kind == "":
		return c, errors.New("a charge has no billing_type")
	case c.PredictionID == "" && (c.Kind == provider.ChargeDeduct || c.Kind == provider.ChargeRefund):
		return c, errors.New("a charge names no prediction")
	}
	price := o["price"]
	if missing(price) {
		price = order["price"]
	}
	c.Amount, err = charged(price)
	return c, err
}

// name returns the member as a string, even if it is a number; "" for 0, which means none.
func (o object) name(key string) string {
	if text := o.text(key); text != "" {
		return text
	}
	var number json.Number
	if json.Unmarshal(o[key], &number) != nil || number == "0" {
		return ""
	}
	return number.String()
}

// No output costs a hundred dollars, or less than a ten-thousandth of one.
const leastMicroUSD = 100

// charged parses USD, or whole millionths of it as in the first version of the billing API.
func charged(raw json.RawMessage) (generation.USD, error) {
	amount, err := generation.ParseUSD(string(bytes.Trim(raw, `"`)))
	if err != nil {
		return 0, errors.New("a charge's price is not an amount of money")
	}
	amount = max(amount, -amount)
	if amount >= leastMicroUSD*usd.Dollar && amount%usd.Dollar == 0 {
		return amount / 1e6, nil
	}
	return amount, nil
}
