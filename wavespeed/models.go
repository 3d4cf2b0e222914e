package wavespeed

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
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

	// BasePrice is 0 where the catalogue has none that can be; what a run costs depends on its
	// input, see [Client.Price].
	BasePrice generation.USD

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
		ID          string          `json:"model_id"`
		Name        string          `json:"name"`
		Type        string          `json:"type"`
		Description string          `json:"description"`
		BasePrice   json.RawMessage `json:"base_price"`
		Formula     string          `json:"formula"`
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
		Formula: wire.Formula,
	}
	// One that is wrong is no reason to be without the other thousand models.
	m.BasePrice, _ = price(wire.BasePrice)
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
