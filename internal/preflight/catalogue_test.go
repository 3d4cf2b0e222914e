package preflight_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/preflight"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
)

// shop is a catalogue that grows, and counts how often it is read.
type shop struct {
	mu     sync.Mutex
	models []provider.Model
	err    error
	reads  int
}

func (s *shop) read(context.Context) ([]provider.Model, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	return s.models, s.err
}

func has(t *testing.T, c *preflight.Catalogue, id string) bool {
	t.Helper()
	model, err := c.Model(t.Context(), id)
	require.NoError(t, err)
	return model != nil
}

func TestCatalogueIsKeptForAnHour(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &shop{models: []provider.Model{{ID: "b"}, {ID: "a"}}}
		c := preflight.NewCatalogue(s.read)
		require.Empty(t, c.IDs())
		require.True(t, has(t, c, "a"))
		require.Equal(t, []string{"a", "b"}, c.IDs())
		time.Sleep(59 * time.Minute)
		require.True(t, has(t, c, "b"))
		require.Equal(t, 1, s.reads)
		time.Sleep(2 * time.Minute)
		require.True(t, has(t, c, "b"))
		require.Equal(t, 2, s.reads)
	})
}

// TestCatalogueLooksAgainForNewModels, but not each time that one is misspelt.
func TestCatalogueLooksAgainForNewModels(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &shop{models: []provider.Model{{ID: "a"}}}
		c := preflight.NewCatalogue(s.read)
		require.False(t, has(t, c, "new"))
		s.models = append(s.models, provider.Model{ID: "new"})
		time.Sleep(59 * time.Second)
		require.False(t, has(t, c, "new"))
		require.Equal(t, 1, s.reads)
		time.Sleep(2 * time.Second)
		require.True(t, has(t, c, "new"))
		require.Equal(t, 2, s.reads)
	})
}

// TestKeptCatalogue is fetched again for a model that it lacks, and otherwise not.
func TestKeptCatalogue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &shop{models: []provider.Model{{ID: "a"}, {ID: "new"}}}
		kept := func(age time.Duration) *preflight.Catalogue {
			c := preflight.NewCatalogue(s.read)
			c.Keep([]provider.Model{{ID: "a"}}, time.Now().Add(-age))
			return c
		}
		require.True(t, has(t, kept(59*time.Minute), "a"))
		require.False(t, has(t, kept(59*time.Second), "new"))
		require.Zero(t, s.reads)
		require.True(t, has(t, kept(2*time.Minute), "new"))
		require.Equal(t, 1, s.reads)
		require.True(t, has(t, kept(2*time.Hour), "a"))
		require.Equal(t, 2, s.reads)
	})
}

func TestCatalogueForgetsErrors(t *testing.T) {
	t.Parallel()
	s := &shop{err: errors.New("down"), models: []provider.Model{{ID: "a"}}}
	c := preflight.NewCatalogue(s.read)
	_, err := c.Model(t.Context(), "a")
	require.ErrorIs(t, err, s.err)
	s.err = nil
	require.True(t, has(t, c, "a"))
}

func TestCatalogueIsReadOnceByMany(t *testing.T) {
	t.Parallel()
	s := &shop{models: []provider.Model{{ID: "a", Schema: json.RawMessage(`{"type":"object"}`)}}}
	c := preflight.NewCatalogue(s.read)
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			model, err := c.Model(context.Background(), "a")
			if err != nil || model.Checked() == nil || len(c.IDs()) != 1 {
				t.Errorf("the model is not as it should be: %v", err)
			}
		})
	}
	group.Wait()
	require.Equal(t, 1, s.reads)
}

func TestSchemasThatCannotBeReadCheckNothing(t *testing.T) {
	t.Parallel()
	s := &shop{models: []provider.Model{{ID: "a", Schema: json.RawMessage(`{"type":5}`)}, {ID: "b"}}}
	c := preflight.NewCatalogue(s.read)
	for _, id := range []string{"a", "b"} {
		model, err := c.Model(t.Context(), id)
		require.NoError(t, err)
		require.Nil(t, model.Checked())
	}
}

// TestSchemasAreReadByMany at once, also one that can't be: it is looked at only once.
func TestSchemasAreReadByMany(t *testing.T) {
	t.Parallel()
	s := &shop{models: []provider.Model{{ID: "a", Schema: json.RawMessage(`{"type":5}`)}}}
	c := preflight.NewCatalogue(s.read)
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			model, err := c.Model(context.Background(), "a")
			if err != nil || model.Checked() != nil {
				t.Errorf("the model is not as it should be: %v", err)
			}
		})
	}
	group.Wait()
}

// TestOldCatalogueIsBetterThanNone while there is no new one.
func TestOldCatalogueIsBetterThanNone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &shop{models: []provider.Model{{ID: "a"}}}
		c := preflight.NewCatalogue(s.read)
		require.True(t, has(t, c, "a"))
		time.Sleep(2 * time.Hour)
		s.err = errors.New("down")
		require.True(t, has(t, c, "a"))
		_, err := c.Model(t.Context(), "new")
		require.ErrorIs(t, err, s.err)
	})
}
