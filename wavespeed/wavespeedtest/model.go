package wavespeedtest

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/modelid"
)

// Output is the kind of file that a model makes.
type Output string

// The kinds of outputs.
const (
	OutputImage         Output = "image"          // PNG, or JPEG where the input asks for it
	OutputUpscaled      Output = "upscaled"       // the picture that was given, larger
	OutputVideo         Output = "video"          // a short clip
	OutputUpscaledVideo Output = "upscaled-video" // the clip that was given, larger
	OutputAudio         Output = "audio"          // WAV
	OutputMesh          Output = "mesh"           // GLB
	OutputText          Output = "text"           // no file, but the text itself
)

// Model is an entry added to the catalogue.
type Model struct {
	// ID is the model's id, as "wavespeed-ai/flux-dev". Required.
	ID string

	// Type is as "text-to-image"; whether it has "video" in it says which limit
	// applies. Defaults to "text-to-image".
	Type string

	// Output is what it makes. Defaults to OutputImage.
	Output Output

	// Price is what a run costs, in USD. Defaults to nothing.
	Price float64

	// Shortest and Longest bound how long a run takes on the real thing; see
	// [Options.Speed]. Default to 5 and 10 seconds.
	Shortest, Longest time.Duration

	// Schema is the JSON Schema of its input. Defaults to any object.
	Schema json.RawMessage
}

//go:embed catalogue.json
var catalogueJSON []byte

// model is an entry of the catalogue: what is published, and how it is played.
type model struct {
	published
	output            Output
	shortest, longest time.Duration
	schema            schema
}

// published is an entry as GET /models shows it.
type published struct {
	ID          string  `json:"model_id"`
	Name        string  `json:"name"`
	BasePrice   float64 `json:"base_price"`
	Description string  `json:"description"`
	Type        string  `json:"type"`
	SortOrder   int     `json:"sort_order"`
	Formula     string  `json:"formula,omitempty"`
	API         struct {
		Schemas []apiSchema `json:"api_schemas"`
	} `json:"api_schema"`
}

type apiSchema struct {
	Type    string          `json:"type"`
	Method  string          `json:"method"`
	Server  string          `json:"server"`
	Path    string          `json:"api_path"`
	Request json.RawMessage `json:"request_schema"`
}

// readCatalogue gives the built-in models and the added ones, in order.
func readCatalogue(added []Model) ([]*model, error) {
	var entries []struct {
		published
		Simulator struct {
			Output  Output     `json:"output"`
			Seconds [2]float64 `json:"seconds"`
		} `json:"simulator"`
	}
	if err := json.Unmarshal(catalogueJSON, &entries); err != nil {
		return nil, fmt.Errorf("the catalogue: %w", err)
	}
	var models []*model
	for _, entry := range entries {
		m := &model{published: entry.published, output: entry.Simulator.Output}
		m.shortest = time.Duration(entry.Simulator.Seconds[0] * float64(time.Second))
		m.longest = time.Duration(entry.Simulator.Seconds[1] * float64(time.Second))
		models = append(models, m)
	}
	for _, a := range added {
		models = append(models, a.model(len(models)+1))
	}
	known := map[string]bool{}
	for _, m := range models {
		if err := modelid.Validate(m.ID); err != nil {
			return nil, fmt.Errorf("Options.Models: ID %w", err)
		}
		if known[m.ID] {
			return nil, fmt.Errorf("Options.Models: there are two of %s", m.ID)
		}
		known[m.ID] = true
		if err := json.Unmarshal(m.API.Schemas[0].Request, &m.schema); err != nil {
			return nil, fmt.Errorf("Options.Models: %s: Schema: %w", m.ID, err)
		}
	}
	return models, nil
}

func (a Model) model(order int) *model {
	setDefault(&a.Type, "text-to-image")
	setDefault(&a.Output, OutputImage)
	setDefault(&a.Shortest, 5*time.Second)
	setDefault(&a.Longest, 10*time.Second)
	if a.Schema == nil {
		a.Schema = json.RawMessage(`{"type":"object"}`)
	}
	m := &model{output: a.Output, shortest: a.Shortest, longest: max(a.Shortest, a.Longest)}
	m.published = published{ID: a.ID, Name: a.ID, BasePrice: a.Price, Type: a.Type, SortOrder: order}
	m.API.Schemas = []apiSchema{{
		Type: "model_run", Method: "POST", Server: "https://api.wavespeed.ai", Path: "/api/v3/" + a.ID, Request: a.Schema,
	}}
	return m
}
