// Package catalogue knows the provider's models: what they take, what they cost, and how to
// simulate them.
package catalogue

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

// Model is an entry of the catalogue: the published part, and how to simulate it.
type Model struct {
	Published
	Output            string // the kind of file that it makes
	Shortest, Longest time.Duration
	Schema            inputs.Schema
}

// Published is an entry in the format of GET /models.
type Published struct {
	ID          string  `json:"model_id"`
	Name        string  `json:"name"`
	BasePrice   float64 `json:"base_price"`
	Description string  `json:"description"`
	Type        string  `json:"type"`
	SortOrder   int     `json:"sort_order"`
	Formula     string  `json:"formula,omitempty"`
	API         struct {
		Schemas []Call `json:"api_schemas"`
	} `json:"api_schema"`
}

// Call is how a model is called.
type Call struct {
	Type    string          `json:"type"`
	Method  string          `json:"method"`
	Server  string          `json:"server"`
	Path    string          `json:"api_path"`
	Request json.RawMessage `json:"request_schema"`
}

// entry is an entry of a catalogue. Only the built-in one says how to simulate it.
type entry struct {
	Published
	Simulator struct {
		Output  string     `json:"output"`
		Seconds [2]float64 `json:"seconds"`
	} `json:"simulator"`
}

// Read returns the models of the file, or the built-in ones, plus the added ones, in
// order.
func Read(file string, added []*Model) ([]*Model, error) {
	content := catalogueJSON
	if file != "" {
		var err error
		if content, err = os.ReadFile(file); err != nil {
			return nil, fmt.Errorf("Options.Catalogue: %w", err)
		}
	}
	entries, err := parse(content)
	if err != nil {
		return nil, fmt.Errorf("Options.Catalogue: %s: %w", file, err)
	}
	var models []*Model
	for _, e := range entries {
		models = append(models, e.model())
	}
	for _, a := range added {
		a.SortOrder = len(models) + 1
		models = append(models, a)
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
		if err := json.Unmarshal(m.run().Request, &m.Schema); err != nil {
			return nil, fmt.Errorf("Options.Models: %s: Schema: %w", m.ID, err)
		}
	}
	return models, nil
}

// parse parses a response of GET /models: a list, with or without an envelope.
func parse(content []byte) ([]entry, error) {
	var answer struct {
		Data []entry `json:"data"`
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

func (e entry) model() *Model {
	m := &Model{Published: e.Published, Output: e.Simulator.Output}
	if m.Output == "" {
		m.Output, e.Simulator.Seconds = outputOf(m.Type)
	}
	m.Shortest = time.Duration(e.Simulator.Seconds[0] * float64(time.Second))
	m.Longest = time.Duration(e.Simulator.Seconds[1] * float64(time.Second))
	if len(m.API.Schemas) == 0 {
		m.API.Schemas = []Call{Run(m.ID, json.RawMessage(`{"type":"object"}`))}
	}
	return m
}

// outputOf guesses what a model of this type produces, and in how many seconds.
func outputOf(kind string) (string, [2]float64) {
	switch {
	case strings.HasSuffix(kind, "-to-text"):
		return "text", [2]float64{1, 5}
	case strings.HasSuffix(kind, "-to-3d"):
		return "mesh", [2]float64{35, 140}
	case strings.HasSuffix(kind, "-to-audio"), strings.HasSuffix(kind, "-to-speech"):
		return "audio", [2]float64{5, 30}
	case strings.Contains(kind, "video"):
		return "video", [2]float64{40, 180}
	default:
		return "image", [2]float64{3, 25}
	}
}

// run is the schema of a submit.
func (m *Model) run() Call {
	for _, s := range m.API.Schemas {
		if s.Type == "model_run" && len(s.Request) > 0 {
			return s
		}
	}
	return Run(m.ID, json.RawMessage("{}"))
}

// Run is the schema of a submit to the model.
func Run(id string, schema json.RawMessage) Call {
	return Call{Type: "model_run", Method: "POST", Server: "https://api.wavespeed.ai", Path: "/api/v3/" + id, Request: schema}
}
