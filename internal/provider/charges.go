package provider

import (
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// The kinds of charges that predictions cause.
const (
	ChargeDeduct = "deduct"
	ChargeRefund = "refund"
)

// Charge is one billing record of the account. The provider deducts a prediction's price when
// it accepts the submit.
type Charge struct {
	// ID is the record's id.
	ID string

	// Kind is [ChargeDeduct] or [ChargeRefund]. Records of other kinds are returned too.
	Kind string

	// PredictionID is never empty in a deduction or a refund.
	PredictionID string

	// Model may differ from the submitted model if it has been renamed.
	Model string

	// Key is the API key that was charged.
	Key AccessKey

	// Amount is positive for refunds too.
	Amount generation.USD

	// Settled tells whether the amount is final; before, it is reserved.
	Settled bool

	// CreatedAt is by the provider's clock; zero if missing.
	CreatedAt time.Time
}

// AccessKey identifies one of an account's API keys, without its secret. Records identify a key
// in several ways that can't be compared with each other; each is "" if missing.
type AccessKey struct {
	UUID   string
	ID     string
	Number string
	Name   string // keys may share a name and be renamed
}

// Compare reports whether two records identify the same key, or different ones. Both are false
// if the records don't say. Names are ignored.
func (k AccessKey) Compare(other AccessKey) (same, different bool) {
	for _, pair := range [][2]string{{k.UUID, other.UUID}, {k.ID, other.ID}, {k.Number, other.Number}} {
		if pair[0] != "" && pair[1] != "" {
			return pair[0] == pair[1], pair[0] != pair[1]
		}
	}
	return false, false
}

// ChargesOptions selects records of the account's billing.
type ChargesOptions struct {
	// From and To limit when records were created, by the provider's clock, to the millisecond.
	// Default to no limit. It is not verified in which format the provider reads times, so
	// don't draw conclusions from an empty response to a limited query.
	From, To time.Time

	// Kind selects by kind. Defaults to all.
	Kind string

	// Page counts from 1. Defaults to 1.
	Page int

	// PageSize is the number of records per page, at most 100. Defaults to 100.
	PageSize int

	// PredictionIDs selects the records of these predictions. Defaults to all.
	PredictionIDs []string
}

// ChargePage is a part of the account's billing, newest first.
type ChargePage struct {
	Items []Charge

	// Total is the number of records that the provider reports; nil if it doesn't.
	Total *int

	// More is whether the provider reports another page; nil if it doesn't.
	More *bool
}
