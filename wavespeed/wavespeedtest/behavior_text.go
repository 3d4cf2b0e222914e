package wavespeedtest

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/settings"
)

// Setting is a field of [Behavior] for programs in other languages.
type Setting struct {
	Name string `json:"name"` // such as list_inputs
	Doc  string `json:"doc"`  // the field's documentation, in one line
	Bool bool   `json:"-"`    // true and false are its values
}

//go:embed behavior.go
var behaviorSource []byte

// Behaviors lists the fields of [Behavior] by their names outside Go, with their documentation.
var Behaviors = func() []Setting {
	var all []Setting
	for _, field := range settings.Fields(reflect.TypeFor[Behavior](), behaviorSource) {
		all = append(all, Setting(field))
	}
	return all
}()

// Set changes one field by its name outside Go, from a flag's text: durations such as 90s,
// comma-separated lists, comma-separated key=value maps, anything else in JSON.
func (b *Behavior) Set(name, text string) error {
	if err := settings.Set(b, name, text); err != nil {
		return fmt.Errorf("behavior %w", err)
	}
	return nil
}

// UnmarshalJSON changes the fields that are given, by their names outside Go.
func (b *Behavior) UnmarshalJSON(data []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil || members == nil {
		return errors.New("a behavior is a JSON object")
	}
	for name, value := range members {
		if err := settings.SetJSON(b, name, value); err != nil {
			return fmt.Errorf("behavior %w", err)
		}
	}
	return nil
}

// MarshalJSON writes every field by its name outside Go, durations as texts.
func (b Behavior) MarshalJSON() ([]byte, error) { return settings.Marshal(b) }

// Behavior returns how the server behaves now, including defaults.
func (s *Server) Behavior() Behavior { return *s.behavior.Load() }

// Behave changes how the server behaves from now on. Decisions already made for a prediction
// stay, such as its created_at and its stored input.
func (s *Server) Behave(change func(*Behavior)) error {
	s.behaving.Lock()
	defer s.behaving.Unlock()
	changed := s.Behavior()
	change(&changed)
	changed = changed.withDefaults()
	if err := changed.validate(); err != nil {
		return fmt.Errorf("wavespeedtest: %w", err)
	}
	s.behavior.Store(&changed)
	s.visit()
	return nil
}
