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

// Charge is one record of the account's billing. A prediction's price is deducted when its
// submit is accepted.
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

	// Settled tells whether the amount is final; before, it is reserved.
	Settled bool

	// CreatedAt is by the provider's clock; zero if not told.
	CreatedAt time.Time
}

// AccessKey names one of an account's API keys, without its secret. Records name a key
// in several ways, which can't be compared with each other; each is "" if not told.
type AccessKey struct {
	UUID   string
	ID     string
	Number string
	Name   string // keys may share a name and be renamed
}

// Compare tells whether two records name the same key or different ones. Both are false
// if the records don't tell. Names decide nothing.
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
