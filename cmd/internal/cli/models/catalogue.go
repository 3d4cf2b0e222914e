package models

import (
	"context"
	"crypto/sha256"
	"encoding/gob"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/preflight"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
)

// cacheDir is the user's cache directory, or "" if there is none.
func cacheDir(s *session.Session) string {
	for _, place := range [][2]string{{"XDG_CACHE_HOME", ""}, {"LocalAppData", ""}, {"HOME", ".cache"}} {
		for _, pair := range s.Environ {
			if name, dir, _ := strings.Cut(pair, "="); name == place[0] && dir != "" {
				return filepath.Join(dir, place[1])
			}
		}
	}
	return ""
}

// keptCatalogue starts with the models in the user's cache. It fetches models, and updates the
// cache, when the cached ones are too old or lack a requested model.
func keptCatalogue(dir, baseURL string, fetch func(context.Context) ([]provider.Model, error)) *preflight.Catalogue {
	if dir == "" {
		return preflight.NewCatalogue(fetch)
	}
	sum := sha256.Sum256([]byte(baseURL))
	path := filepath.Join(dir, "wavespeed-temporal", "models-"+hex.EncodeToString(sum[:8]))
	catalogue := preflight.NewCatalogue(func(ctx context.Context) ([]provider.Model, error) {
		models, err := fetch(ctx)
		if err == nil {
			writeModels(path, models)
		}
		return models, err
	})
	if models, written, err := readModels(path); err == nil && len(models) > 0 {
		catalogue.Keep(models, written)
	}
	return catalogue
}

// readModels reads a cached catalogue and the time it was written.
func readModels(path string) (models []provider.Model, written time.Time, err error) {
	f, err := os.Open(path) // #nosec G304 -- a name of ours in the user's cache
	if err != nil {
		return nil, written, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, written, err
	}
	return models, info.ModTime(), gob.NewDecoder(f).Decode(&models)
}

// writeModels caches the catalogue for the next command. It ignores errors.
func writeModels(path string, models []provider.Model) {
	if os.MkdirAll(filepath.Dir(path), 0o750) != nil {
		return
	}
	partial, err := os.CreateTemp(filepath.Dir(path), ".models-*")
	if err != nil {
		return
	}
	defer os.Remove(partial.Name())
	err = gob.NewEncoder(partial).Encode(models)
	if partial.Close() == nil && err == nil {
		_ = os.Rename(partial.Name(), path)
	}
}
