package provider

import (
	"encoding/json"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// Model is an entry of the provider's catalogue.
type Model struct {
	ID          string
	Name        string
	Type        string // as "text-to-image"
	Description string

	// BasePrice is 0 where the catalogue has none that can be; what a run costs depends on its
	// input, see [Provider.Price].
	BasePrice generation.USD

	// Formula is the price as an expression over the input's fields; may be empty.
	Formula string

	// Schema is the JSON Schema of the input; nil if there is none.
	Schema json.RawMessage
}

// Price is what one run costs, in US dollars.
type Price struct {
	// Amount is what would be charged, discounts included.
	Amount generation.USD

	// Full is the price without discounts.
	Full generation.USD
}
