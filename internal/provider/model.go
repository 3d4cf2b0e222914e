package provider

import (
	"encoding/json"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// Model is an entry of the provider's catalogue.
type Model struct {
	ID          string
	Name        string
	Type        string // such as "text-to-image"
	Description string

	// BasePrice is 0 if the catalogue has no plausible one. The cost of a run depends on its
	// input, see [Provider.Price].
	BasePrice generation.USD

	// Formula is the price as an expression over the input's fields; may be empty.
	Formula string

	// Schema is the JSON Schema of the input; nil if there is none.
	Schema json.RawMessage
}

// Price is the cost of one run, in US dollars.
type Price struct {
	// Amount is what would be charged, discounts included.
	Amount generation.USD

	// Full is the price without discounts.
	Full generation.USD
}
