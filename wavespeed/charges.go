package wavespeed

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// The kinds of charges that predictions cause.
const (
	ChargeDeduct = "deduct"
	ChargeRefund = "refund"
)

// Charge is one record of the account's billing. The provider deducts a prediction's
// price when it accepts the submit.
type Charge struct {
	// ID is the record's own.
	ID string

	// Kind is [ChargeDeduct] or [ChargeRefund]. Records of other kinds are returned too.
	Kind string

	// PredictionID is never empty in a deduction or a refund.
	PredictionID string

	// Model may differ from the submitted one where a model has been renamed.
	Model string

	// Key is the API key that was charged.
	Key AccessKey

	// Amount is positive for refunds too.
	Amount generation.USD

	// State is "pre" while the amount is reserved and "done" once it is settled.
	State string

	// CreatedAt is by the provider's clock; zero if not told.
	CreatedAt time.Time
}

// AccessKey names one of an account's API keys, without its secret. Records name a key
// in several ways, which can't be compared with each other; each is "" if not told.
type AccessKey struct {
	ID   string // access_key_id
	UUID string // access_key_uuid
	AK   string // order.ak_id
	Name string // access_key_name; keys may share a name and be renamed
}

// Compare tells whether two records name the same key or different ones. Both are false
// if the records don't tell. Names decide nothing.
func (k AccessKey) Compare(other AccessKey) (same, different bool) {
	for _, pair := range [][2]string{{k.UUID, other.UUID}, {k.ID, other.ID}, {k.AK, other.AK}} {
		if pair[0] != "" && pair[1] != "" {
			return pair[0] == pair[1], pair[0] != pair[1]
		}
	}
	return false, false
}

// ChargesOptions selects records of the account's billing.
type ChargesOptions struct {
	// From and To bound when records were created, by the provider's clock, to the
	// millisecond. Default to no bound. It is unverified in which form the provider
	// reads times, so don't conclude from an empty answer to a bounded question.
	From, To time.Time

	// Kind selects by kind. Defaults to all.
	Kind string

	// Page counts from 1. Defaults to 1.
	Page int

	// PageSize is how many records a page has, at most 100. Defaults to 100.
	PageSize int

	// PredictionIDs selects the records of these predictions. Defaults to all.
	PredictionIDs []string
}

// ChargePage is a part of the account's billing, newest first.
type ChargePage struct {
	Items []Charge

	// Total is how many records the provider says there are; nil if it doesn't.
	Total *int

	// More is whether the provider says there is another page; nil if it doesn't.
	More *bool
}

// Charges reads a page of the account's billing, of all its API keys. Records may show
// late. A page with a record that can't be read is an error, because a charge that is
// left out looks like one that was never made.
func (c *Client) Charges(ctx context.Context, options ChargesOptions) (ChargePage, error) {
	r := call{op: opCharges, method: http.MethodPost, path: "/billings/search", readOnly: true}
	body, err := options.body()
	if err != nil {
		return ChargePage{}, c.invalid(r, err.Error())
	}
	r.body = body
	var data pageData
	if err := c.ask(ctx, r, &data); err != nil {
		return ChargePage{}, err
	}
	page := ChargePage{Items: make([]Charge, len(data.items)), Total: data.total, More: data.more}
	for i, item := range data.items {
		if err := page.Items[i].UnmarshalJSON(item); err != nil {
			return ChargePage{}, &Error{Op: opCharges, StatusCode: http.StatusOK, Err: err}
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

func (o ChargesOptions) body() (chargesBody, error) {
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

// UnmarshalJSON reads a record in every shape that the provider is known to use. It
// fails if the record's id, kind, amount or prediction can't be told.
func (c *Charge) UnmarshalJSON(data []byte) error {
	var o object
	if err := json.Unmarshal(data, &o); err != nil || o == nil {
		return errors.New("a charge is not a JSON object")
	}
	order, prediction := o.object("order"), o.object("prediction")
	*c = Charge{
		ID: o.text("uuid"), Kind: o.text("billing_type"),
		PredictionID: prediction.text("uuid"), Model: prediction.text("model_uuid"), State: order.text("state"), CreatedAt: o.created(),
		Key: AccessKey{ID: o.name("access_key_id"), UUID: o.name("access_key_uuid"), AK: order.name("ak_id"), Name: o.text("access_key_name")},
	}
	switch {
	case c.ID == "":
		return errors.New("a charge has no uuid")
	case c.Kind == "":
		return errors.New("a charge has no billing_type")
	case c.PredictionID == "" && (c.Kind == ChargeDeduct || c.Kind == ChargeRefund):
		return errors.New("a charge names no prediction")
	}
	price := o["price"]
	if missing(price) {
		price = order["price"]
	}
	var err error
	c.Amount, err = charged(price)
	return err
}

// name is the member as a text, also if it is a number; "" for 0, which stands for none.
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

// Nothing that is made costs a hundred dollars, or less than a ten-thousandth of one.
const leastMicroUSD = 100

// charged reads USD, or in the first version of the billing whole millionths of it.
func charged(raw json.RawMessage) (generation.USD, error) {
	usd, err := generation.ParseUSD(string(bytes.Trim(raw, `"`)))
	if err != nil {
		return 0, errors.New("a charge's price is not an amount of money")
	}
	usd = max(usd, -usd)
	if usd >= leastMicroUSD*generation.Dollar && usd%generation.Dollar == 0 {
		return usd / 1e6, nil
	}
	return usd, nil
}
