package pipeline

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/strict"
)

// Named holds values by name in the order in which they are written: a JSON object that keeps
// its order.
type Named[T any] []Entry[T]

// Entry is a named value.
type Entry[T any] struct {
	Name  string
	Value T
}

// Get returns the value with this name.
func (n Named[T]) Get(name string) (T, bool) {
	i := slices.IndexFunc(n, func(e Entry[T]) bool { return e.Name == name })
	if i < 0 {
		var zero T
		return zero, false
	}
	return n[i].Value, true
}

// MarshalJSON encodes it as an object.
func (n Named[T]) MarshalJSON() ([]byte, error) {
	var buffer bytes.Buffer
	buffer.WriteByte('{')
	for i, entry := range n {
		if i > 0 {
			buffer.WriteByte(',')
		}
		name, err := json.Marshal(entry.Name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(entry.Value)
		if err != nil {
			return nil, err
		}
		buffer.Write(name)
		buffer.WriteByte(':')
		buffer.Write(value)
	}
	buffer.WriteByte('}')
	return buffer.Bytes(), nil
}

// UnmarshalJSON decodes an object, and rejects duplicate names.
func (n *Named[T]) UnmarshalJSON(data []byte) error {
	*n = nil
	if string(data) == "null" {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return fmt.Errorf("must be an object")
	}
	seen := make(map[string]bool)
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return err
		}
		name := token.(string)
		if seen[name] {
			return fmt.Errorf("%q is listed twice", name)
		}
		seen[name] = true
		var raw json.RawMessage
		if err := decoder.Decode(&raw); err != nil {
			return err
		}
		var value T
		if err := strict.Decode(raw, &value); err != nil {
			return strict.At(name, err)
		}
		*n = append(*n, Entry[T]{name, value})
	}
	return nil
}
