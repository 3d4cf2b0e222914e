package preflight

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/schema"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

const (
	// keepFor is how long a catalogue counts; the provider's own tools keep it as long.
	keepFor = time.Hour

	// againAfter is how old a catalogue must be to be fetched anew for a model that is not
	// in it: it may have been added since.
	againAfter = time.Minute
)

// Catalogue are the provider's models, fetched when they are first needed and kept for an
// hour. It may be used by many goroutines at once.
type Catalogue struct {
	fetch func(context.Context) ([]wavespeed.Model, error)

	mu      sync.Mutex
	fetched time.Time
	models  map[string]*Model
}

// Model is one of the catalogue.
type Model struct {
	wavespeed.Model

	// Schema checks inputs; nil if the catalogue has none that can be read.
	Schema *schema.Schema
}

// fields are the names that an input may have; nil if they are not known.
func (m *Model) fields() []string {
	if m.Schema == nil {
		return nil
	}
	return m.Schema.Properties()
}

// NewCatalogue fetches by the function given, for instance [wavespeed.Client.Models].
func NewCatalogue(fetch func(context.Context) ([]wavespeed.Model, error)) *Catalogue {
	return &Catalogue{fetch: fetch}
}

// Model finds one by its id; nil if the provider has none of that id.
func (c *Catalogue) Model(ctx context.Context, id string) (*Model, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	age := time.Since(c.fetched)
	if c.models == nil || age > keepFor || c.models[id] == nil && age > againAfter {
		if err := c.refresh(ctx); err != nil {
			return nil, err
		}
	}
	model := c.models[id]
	if model != nil && model.Schema == nil && len(model.Model.Schema) > 0 {
		// One that cannot be read checks nothing; the provider still does.
		model.Schema, _ = schema.Compile(model.Model.Schema)
	}
	return model, nil
}

func (c *Catalogue) refresh(ctx context.Context) error {
	listed, err := c.fetch(ctx)
	if err != nil {
		return err
	}
	models := make(map[string]*Model, len(listed))
	for _, model := range listed {
		models[model.ID] = &Model{Model: model}
	}
	c.models, c.fetched = models, time.Now()
	return nil
}

// IDs are those of all models that were fetched, sorted.
func (c *Catalogue) IDs() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	ids := make([]string, 0, len(c.models))
	for id := range c.models {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
