package wavespeedtest

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/modelid"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/inputs"
)

//go:embed catalogue.json
var catalogueJSON []byte

// model is an entry of the catalogue: the published part, and how to simulate it.
type model struct {
	published
	output            Output
	shortest, longest time.Duration
	schema            inputs.Schema
}

// published is an entry in the format of GET /models.
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

// catalogueEntry is an entry of a catalogue. Only the built-in one says how to simulate it.
type catalogueEntry struct {
	published
	Simulator struct {
		Output  Output     `json:"output"`
		Seconds [2]float64 `json:"seconds"`
	} `json:"simulator"`
}

// readCatalogue returns the models of the file, or the built-in ones, plus the added ones, in
// order.
func readCatalogue(file string, added []Model) ([]*model, error) {
	content := catalogueJSON
	if file != "" {
		var err error
		if content, err = os.ReadFile(file); err != nil {
			return nil, fmt.Errorf("Options.Catalogue: %w", err)
		}
	}
	entries, err := parseCatalogue(content)
	if err != nil {
		return nil, fmt.Errorf("Options.Catalogue: %s: %w", file, err)
	}
	var models []*model
	for _, entry := range entries {
		models = append(models, entry.model())
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
		if err := json.Unmarshal(m.run().Request, &m.schema); err != nil {
			return nil, fmt.Errorf("Options.Models: %s: Schema: %w", m.ID, err)
		}
	}
	return models, nil
}

// parseCatalogue parses a response of GET /models: a list, with or without an envelope.
func parseCatalogue(content []byte) ([]catalogueEntry, error) {
	var answer struct {
		Data []catalogueEntry `json:"data"`
	}
	err := json.Unmarshal(content, &answer.Data)
	if err != nil {
		if json.Unmarshal(content, &answer) != nil {
			return nil, fmt.Errorf("it is not a response of GET /models: %w", err)
		}
	}
	if len(answer.Data) == 0 {
		return nil, errors.New("it has no models")
	}
	return answer.Data, nil
}

func (e catalogueEntry) model() *model {
	m := &model{published: e.published, output: e.Simulator.Output}
	if m.output == "" {
		m.output, e.Simulator.Seconds = outputOf(m.Type)
	}
	m.shortest = time.Duration(e.Simulator.Seconds[0] * float64(time.Second))
	m.longest = time.Duration(e.Simulator.Seconds[1] * float64(time.Second))
	if len(m.API.Schemas) == 0 {
		m.API.Schemas = []apiSchema{runOf(m.ID, json.RawMessage(`{"type":"object"}`))}
	}
	return m
}

// outputOf guesses what a model of this type produces, and in how many seconds.
func outputOf(kind string) (Output, [2]float64) {
	switch {
	case strings.HasSuffix(kind, "-to-text"):
		return OutputText, [2]float64{1, 5}
	case strings.HasSuffix(kind, "-to-3d"):
		return OutputMesh, [2]float64{35, 140}
	case strings.HasSuffix(kind, "-to-audio"), strings.HasSuffix(kind, "-to-speech"):
		return OutputAudio, [2]float64{5, 30}
	case strings.Contains(kind, "video"):
		return OutputVideo, [2]float64{40, 180}
	default:
		return OutputImage, [2]float64{3, 25}
	}
}

// run is the schema of a submit.
func (m *model) run() apiSchema {
	for _, s := range m.API.Schemas {
		if s.Type == "model_run" && len(s.Request) > 0 {
			return s
		}
	}
	return runOf(m.ID, json.RawMessage("{}"))
}

func runOf(id string, schema json.RawMessage) apiSchema {
	return apiSchema{Type: "model_run", Method: "POST", Server: "https://api.wavespeed.ai", Path: "/api/v3/" + id, Request: schema}
}
