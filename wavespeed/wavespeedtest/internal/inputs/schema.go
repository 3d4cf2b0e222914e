// Package inputs knows what models may be given: it checks inputs against the published schemas,
// and rewrites them as the provider does.
package inputs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
)

// Schema is the part of JSON Schema that the provider's catalogue uses.
type Schema struct {
	Properties map[string]property `json:"properties"`
	Required   []string            `json:"required"`
	Order      []string            `json:"x-order-properties"`
}

// Knows tells whether an input may have the field.
func (s Schema) Knows(name string) bool {
	_, known := s.Properties[name]
	return known || len(s.Properties) == 0 || name == "enable_sync_mode" || name == "enable_base64_output"
}

// order is the names of the fields, always in the same order.
func (s Schema) order() []string {
	if len(s.Order) > 0 {
		return s.Order
	}
	return slices.Sorted(maps.Keys(s.Properties))
}

type property struct {
	Type      string   `json:"type"`
	Enum      []any    `json:"enum"`
	Default   any      `json:"default"`
	Minimum   *float64 `json:"minimum"`
	Maximum   *float64 `json:"maximum"`
	MaxLength *int     `json:"maxLength"`
	MinItems  *int     `json:"minItems"`
	MaxItems  *int     `json:"maxItems"`
}

// Input is a model's input, decoded.
type Input map[string]any

// Text is the field as a string; "" if it is none.
func (in Input) Text(name string) string {
	text, _ := in[name].(string)
	return text
}

// Number is the field as a number.
func (in Input) Number(name string, otherwise float64) float64 {
	if number, ok := in[name].(float64); ok {
		return number
	}
	return otherwise
}

// Is tells whether the field is true.
func (in Input) Is(name string) bool { return in[name] == true }

// Missing names the first required field that the input lacks.
func (s Schema) Missing(in Input) string {
	for _, name := range s.Required {
		if in[name] == nil {
			return name
		}
	}
	return ""
}

// Unknown names the first field that the schema does not have.
func (s Schema) Unknown(in Input) string {
	names := make([]string, 0, len(in))
	for name := range in {
		if !s.Knows(name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return slices.Min(names)
}

// Violation says which field has a value that the schema does not allow.
func (s Schema) Violation(in Input) string {
	names := make([]string, 0, len(in))
	for name := range in {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if p, known := s.Properties[name]; known && in[name] != nil {
			if text := p.violation(in[name]); text != "" {
				return fmt.Sprintf("field %q %s", name, text)
			}
		}
	}
	return ""
}

func (p property) violation(value any) string {
	got := describe(value)
	switch value := value.(type) {
	case string:
		if p.MaxLength != nil && len([]rune(value)) > *p.MaxLength {
			return fmt.Sprintf("must have at most %d characters, got %d", *p.MaxLength, len([]rune(value)))
		}
	case float64:
		if p.Type == "integer" && value != float64(int64(value)) {
			return "must be an integer, got " + got
		}
		if p.Minimum != nil && value < *p.Minimum {
			return fmt.Sprintf("must be greater than or equal to %v, got %s", *p.Minimum, got)
		}
		if p.Maximum != nil && value > *p.Maximum {
			return fmt.Sprintf("must be less than or equal to %v, got %s", *p.Maximum, got)
		}
	case []any:
		if p.MinItems != nil && len(value) < *p.MinItems {
			return fmt.Sprintf("must have at least %d items, got %d", *p.MinItems, len(value))
		}
		if p.MaxItems != nil && len(value) > *p.MaxItems {
			return fmt.Sprintf("must have at most %d items, got %d", *p.MaxItems, len(value))
		}
	}
	if !p.admits(value) {
		return fmt.Sprintf("must be of type %s, got %s", p.Type, got)
	}
	allowed := func(one any) bool { return reflect.DeepEqual(one, value) }
	if len(p.Enum) > 0 && !slices.ContainsFunc(p.Enum, allowed) {
		// The provider's own words, recorded in 2026.
		return fmt.Sprintf("must be one of %s, got %s; please use one of the allowed values", spaced(p.Enum), got)
	}
	return ""
}

func (p property) numeric() bool { return p.Type == "number" || p.Type == "integer" }

func (p property) admits(value any) bool {
	switch value.(type) {
	case string:
		return p.Type == "" || p.Type == "string"
	case float64:
		return p.Type == "" || p.Type == "number" || p.Type == "integer"
	case bool:
		return p.Type == "" || p.Type == "boolean"
	case []any:
		return p.Type == "" || p.Type == "array"
	default:
		return p.Type == "" || p.Type == "object"
	}
}

func describe(value any) string {
	switch value := value.(type) {
	case string:
		return fmt.Sprintf("string %q", value)
	case float64:
		return fmt.Sprintf("number %v", value)
	case bool:
		return fmt.Sprintf("boolean %v", value)
	case []any:
		return "array"
	default:
		return "object"
	}
}

func spaced(values []any) string {
	encoded, _ := json.Marshal(values)
	return string(bytes.ReplaceAll(encoded, []byte(","), []byte(", ")))
}

func encode(value any) []byte {
	encoded, err := json.Marshal(value)
	if err != nil {
		panic(err) // every value was decoded from JSON
	}
	return encoded
}
