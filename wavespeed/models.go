package wavespeed

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/modelid"
)

// ValidateModel tells whether id can be a model's: segments of letters, digits,
// dots, dashes and underscores, joined by slashes, as "wavespeed-ai/wan-2.1/i2v-480p".
// Ids are pasted into the path of the URL as they are. It does not tell whether the
// model exists.
func ValidateModel(id string) error {
	if err := modelid.Validate(id); err != nil {
		return fmt.Errorf("model %w", err)
	}
	return nil
}

// Model is an entry of the provider's catalogue.
type Model struct {
	ID          string
	Name        string
	Type        string // as "text-to-image"
	Description string

	// BasePrice is in USD; what a run costs depends on its input, see [Client.Price].
	BasePrice float64

	// Formula is the price as a JSONata expression over the input; may be empty.
	Formula string

	// APIPath is the path of a submit, as "/api/v3/wavespeed-ai/flux-dev".
	APIPath string

	// Schema is the JSON Schema of the input; nil if there is none.
	Schema json.RawMessage
}

// UnmarshalJSON reads the catalogue's form.
func (m *Model) UnmarshalJSON(data []byte) error {
	var wire struct {
		ID          string  `json:"model_id"`
		Name        string  `json:"name"`
		Type        string  `json:"type"`
		Description string  `json:"description"`
		BasePrice   float64 `json:"base_price"`
		Formula     string  `json:"formula"`
		API         struct {
			Schemas []struct {
				Type   string          `json:"type"`
				Path   string          `json:"api_path"`
				Schema json.RawMessage `json:"request_schema"`
			} `json:"api_schemas"`
		} `json:"api_schema"`
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return err
	}
	*m = Model{
		ID: wire.ID, Name: wire.Name, Type: wire.Type, Description: wire.Description,
		BasePrice: wire.BasePrice, Formula: wire.Formula,
	}
	for _, schema := range wire.API.Schemas {
		if schema.Type == "model_run" {
			m.APIPath, m.Schema = schema.Path, schema.Schema
		}
	}
	return nil
}

// Models reads the whole catalogue: about a thousand models, two megabytes.
func (c *Client) Models(ctx context.Context) ([]Model, error) {
	var models []Model
	if err := c.ask(ctx, call{op: opModels, method: http.MethodGet, path: "/models"}, &models); err != nil {
		return nil, err
	}
	return models, nil
}

// Price is what one run costs.
type Price struct {
	// Amount is what would be charged, discounts included.
	Amount float64

	// Full is the price without discounts.
	Full float64

	// Currency is "USD".
	Currency string
}

// Price asks what a submit of this input would cost. The input is checked as far
// as the provider does so here: a missing field is no error, but priced as the
// model's floor.
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
	var data struct {
		Price      *float64 `json:"price"`
		Discounted *float64 `json:"discounted_price"`
		Currency   string   `json:"currency"`
	}
	if err := c.ask(ctx, r, &data); err != nil {
		return Price{}, err
	}
	if data.Price == nil {
		return Price{}, &Error{Op: opPrice, Subject: model, StatusCode: http.StatusOK, Message: "the answer holds no price"}
	}
	price := Price{Amount: *data.Price, Full: *data.Price, Currency: data.Currency}
	if data.Discounted != nil {
		price.Amount = *data.Discounted
	}
	if price.Currency == "" {
		price.Currency = "USD"
	}
	return price, nil
}
