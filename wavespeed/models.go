package wavespeed

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/modelid"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
)

// validateModel tells whether id can be a model's: segments of letters, digits,
// dots, dashes and underscores, joined by slashes, as "wavespeed-ai/wan-2.1/i2v-480p".
// Ids are pasted into the path of the URL as they are. It does not tell whether the
// model exists.
func validateModel(id string) error {
	if err := modelid.Validate(id); err != nil {
		return fmt.Errorf("model %w", err)
	}
	return nil
}

// modelData is an entry of the catalogue as the provider writes it.
type modelData struct {
	ID          string          `json:"model_id"`
	Name        string          `json:"name"`
	Type        string          `json:"type"`
	Description string          `json:"description"`
	BasePrice   json.RawMessage `json:"base_price"`
	Formula     string          `json:"formula"`
	API         struct {
		Schemas []struct {
			Type   string          `json:"type"`
			Schema json.RawMessage `json:"request_schema"`
		} `json:"api_schemas"`
	} `json:"api_schema"`
}

func (d modelData) model() provider.Model {
	m := provider.Model{ID: d.ID, Name: d.Name, Type: d.Type, Description: d.Description, Formula: d.Formula}
	// An invalid price must not hide the other thousand models.
	m.BasePrice, _ = price(d.BasePrice)
	for _, schema := range d.API.Schemas {
		if schema.Type == "model_run" {
			m.Schema = schema.Schema
		}
	}
	return m
}

// Models reads the whole catalogue: about a thousand models, 2 MB.
func (c *Client) Models(ctx context.Context) ([]provider.Model, error) {
	var data []modelData
	if err := c.ask(ctx, call{op: opModels, method: http.MethodGet, path: "/models"}, &data); err != nil {
		return nil, err
	}
	models := make([]provider.Model, len(data))
	for i := range data {
		models[i] = data[i].model()
	}
	return models, nil
}
