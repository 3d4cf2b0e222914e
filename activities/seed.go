package activities

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

const (
	// catalogueTimeout is how long a submit waits for the catalogue; without it, the submit has
	// no seed.
	catalogueTimeout = 5 * time.Second

	// seedlessFor is how long an unreadable catalogue is not requested again.
	seedlessFor = time.Minute
)

// seeds draws a seed for submits to models that accept one.
type seeds struct {
	now func() time.Time

	mu       sync.Mutex
	seedless time.Time // until when there is no catalogue
}

// draw adds the seed of the nonce to an input that leaves it open.
func (s *seeds) draw(ctx context.Context, a *account, in wire.SubmitInput) json.RawMessage {
	if !wire.LeavesSeed(in.Input) || !s.takes(ctx, a, in.Model) {
		return in.Input
	}
	seed := fmt.Sprintf(`"seed":%d`, wire.Seed(in.Nonce))
	var fields map[string]json.RawMessage
	if json.Unmarshal(in.Input, &fields) != nil {
		return in.Input
	}
	if _, minusOne := fields["seed"]; minusOne {
		fields["seed"] = json.RawMessage(seed[len(`"seed":`):])
		encoded, err := json.Marshal(fields)
		if err != nil {
			return in.Input
		}
		return encoded
	}
	rest := bytes.TrimSpace(in.Input)[1:]
	if len(fields) > 0 {
		seed += ","
	}
	return append([]byte("{"+seed), rest...)
}

// takes reports whether the model's input has a suitable seed.
func (s *seeds) takes(ctx context.Context, a *account, model string) bool {
	s.mu.Lock()
	seedless := s.seedless
	s.mu.Unlock()
	if s.now().Before(seedless) {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, catalogueTimeout)
	defer cancel()
	known, err := a.Catalogue.Model(ctx, model)
	if err != nil {
		s.mu.Lock()
		s.seedless = s.now().Add(seedlessFor)
		s.mu.Unlock()
	}
	return err == nil && known != nil && takesSeed(known.Model.Schema)
}

func takesSeed(schema json.RawMessage) bool {
	var model struct {
		Properties struct {
			Seed *struct {
				Type    string      `json:"type"`
				Minimum *float64    `json:"minimum"`
				Maximum *float64    `json:"maximum"`
				Enum    []any       `json:"enum"`
				Const   any         `json:"const"`
				Step    json.Number `json:"multipleOf"`
			} `json:"seed"`
		} `json:"properties"`
	}
	if json.Unmarshal(schema, &model) != nil || model.Properties.Seed == nil {
		return false
	}
	seed := model.Properties.Seed
	return seed.Type == "integer" && seed.Enum == nil && seed.Const == nil && (seed.Step == "" || seed.Step == "1") &&
		(seed.Minimum == nil || *seed.Minimum <= 1) && (seed.Maximum == nil || *seed.Maximum >= wire.MaxSeed)
}
