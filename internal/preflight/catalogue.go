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
	// keepFor is how long a catalogue stays valid; the provider's own tools use the same time.
	keepFor = time.Hour

	// againAfter is how old a catalogue must be before a missing model triggers a new fetch:
	// the model may have been added since.
	againAfter = time.Minute

	// peekTimeout is how long a fetch may take that nobody waits for.
	peekTimeout = 30 * time.Second
)

// Catalogue holds the provider's models. It fetches them on first use and keeps them for an
// hour, or longer if they can't be fetched. It is safe for concurrent use.
type Catalogue struct {
	fetch    func(context.Context) ([]provider.Model, error)
	fetching chan struct{} // held while fetching

	mu      sync.Mutex
	fetched time.Time
	models  map[string]*Model
}

// Model is a model in the catalogue.
type Model struct {
	provider.Model
	compile sync.Once
	schema  *schema.Schema
	shape   *shape.Shape
}

// Checked is the schema for inputs; nil if the catalogue has no readable one. The provider
// checks inputs anyway.
func (m *Model) Checked() *schema.Schema {
	m.compile.Do(func() {
		if len(m.Schema) > 0 {
			m.schema, _ = schema.Compile(m.Schema)
			m.shape = shape.Of(m.Schema)
		}
	})
	return m.schema
}

// fit returns an input with values replaced by what was clearly meant.
func (m *Model) fit(input map[string]any) map[string]any {
	if m.Checked() == nil {
		return input
	}
	return m.shape.Fit(input).(map[string]any)
}

// fields returns the names of an input's fields; nil if they are unknown.
func (m *Model) fields() []string {
	if m.Checked() == nil {
		return nil
	}
	return m.Checked().Properties()
}

// NewCatalogue creates a catalogue that fetches with the given function, such as that of
// [provider.Provider].
func NewCatalogue(fetch func(context.Context) ([]provider.Model, error)) *Catalogue {
	return &Catalogue{fetch: fetch, fetching: make(chan struct{}, 1)}
}

// Keep fills the catalogue with models fetched earlier, which saves a fetch until they expire.
func (c *Catalogue) Keep(listed []provider.Model, fetched time.Time) {
	models := make(map[string]*Model, len(listed))
	for _, model := range listed {
		models[model.ID] = &Model{Model: model}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.models, c.fetched = models, fetched
}

// Model returns the model with this id; nil if the provider has none. It fails if fetching
// fails or the context ends.
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
	model, fresh := c.look(id) // another goroutine may have fetched it in the meantime
	if fresh {
		return model, nil
	}
	if err := c.refresh(ctx); err != nil && model == nil {
		return nil, err
	}
	model, _ = c.look(id)
	return model, nil
}

// Peek returns the model as far as it is known, without waiting; nil if it isn't. A catalogue that
// is out of date is fetched meanwhile.
func (c *Catalogue) Peek(id string) *Model {
	model, fresh := c.look(id)
	if !fresh {
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), peekTimeout)
			defer cancel()
			_, _ = c.Model(ctx, id)
		}()
	}
	return model
}

// look finds a model, and reports whether the result is still valid.
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

// IDs returns the ids of all fetched models, sorted.
func (c *Catalogue) IDs() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(maps.Keys(c.models))
}
