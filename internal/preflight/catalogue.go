package preflight

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/schema"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/shape"
)

const (
	// keepFor is how long a catalogue counts; the provider's own tools keep it as long.
	keepFor = time.Hour

	// againAfter is how old a catalogue must be to be fetched again for a model that is not
	// in it: it may have been added since.
	againAfter = time.Minute
)

// Catalogue are the provider's models, fetched when they are first needed and kept for an
// hour; longer while they can't be fetched. It may be used by many goroutines at once.
type Catalogue struct {
	fetch    func(context.Context) ([]provider.Model, error)
	fetching chan struct{} // holds one who fetches

	mu      sync.Mutex
	fetched time.Time
	models  map[string]*Model
}

// Model is one of the catalogue.
type Model struct {
	provider.Model
	compile sync.Once
	schema  *schema.Schema
	shape   *shape.Shape
}

// Checked is the schema that checks inputs; nil if the catalogue has none that can be read:
// the provider still checks them.
func (m *Model) Checked() *schema.Schema {
	m.compile.Do(func() {
		if len(m.Schema) > 0 {
			m.schema, _ = schema.Compile(m.Schema)
			m.shape = shape.Of(m.Schema)
		}
	})
	return m.schema
}

// fit is an input with what is clearly meant in the place of values.
func (m *Model) fit(input map[string]any) map[string]any {
	if m.Checked() == nil {
		return input
	}
	return m.shape.Fit(input).(map[string]any)
}

// fields are the names that an input may have; nil if they are not known.
func (m *Model) fields() []string {
	if m.Checked() == nil {
		return nil
	}
	return m.Checked().Properties()
}

// NewCatalogue fetches by the function given, for instance that of [provider.Provider].
func NewCatalogue(fetch func(context.Context) ([]provider.Model, error)) *Catalogue {
	return &Catalogue{fetch: fetch, fetching: make(chan struct{}, 1)}
}

// Keep gives the catalogue what was fetched at some time before, so that it need not fetch
// again for as long as that counts.
func (c *Catalogue) Keep(listed []provider.Model, fetched time.Time) {
	models := make(map[string]*Model, len(listed))
	for _, model := range listed {
		models[model.ID] = &Model{Model: model}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.models, c.fetched = models, fetched
}

// Model finds one by its id; nil if the provider has none of that id. An error is one of
// fetching, or the context's.
func (c *Catalogue) Model(ctx context.Context, id string) (*Model, error) {
	if model, fresh := c.look(id); fresh {
		return model, nil
	}
	select {
	case c.fetching <- struct{}{}:
		defer func() { <-c.fetching }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	model, fresh := c.look(id) // another may have fetched it meanwhile
	if fresh {
		return model, nil
	}
	if err := c.refresh(ctx); err != nil && model == nil {
		return nil, err
	}
	model, _ = c.look(id)
	return model, nil
}

// look finds a model, and tells whether what it finds counts.
func (c *Catalogue) look(id string) (model *Model, fresh bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	age := time.Since(c.fetched)
	model = c.models[id]
	return model, c.models != nil && age <= keepFor && (model != nil || age <= againAfter)
}

func (c *Catalogue) refresh(ctx context.Context) error {
	listed, err := c.fetch(ctx)
	if err != nil {
		return err
	}
	c.Keep(listed, time.Now())
	return nil
}

// IDs are those of all models that were fetched, sorted.
func (c *Catalogue) IDs() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(maps.Keys(c.models))
}
