// Package shape is what a model's schema says about values, reduced to what a workflow
// can hold in its history and check by itself: types, bounds, and which texts must be URLs.
// Its answers depend on the shape and the value alone, so a replay repeats them.
package shape

import (
	"encoding/json"
	"slices"
)

// Shape is what one value must be. Its zero value allows everything.
type Shape struct {
	// Types are JSON types: string, integer, number, boolean, array, object or null.
	// Defaults to all.
	Types []string `json:"types,omitempty"`

	// Media says whether the value is the address of a file. Defaults to no.
	Media Media `json:"media,omitempty"`

	Enum     []any    `json:"enum,omitempty"`
	Minimum  *float64 `json:"minimum,omitempty"`
	Maximum  *float64 `json:"maximum,omitempty"`
	MinItems *int     `json:"min_items,omitempty"`
	MaxItems *int     `json:"max_items,omitempty"`

	// Required are fields of an object that must not be empty texts.
	Required []string `json:"required,omitempty"`

	// Items is the shape of a list's members, and Fields are those of an object.
	Items  *Shape            `json:"items,omitempty"`
	Fields map[string]*Shape `json:"fields,omitempty"`
}

// Media says whether a text is the address of a file.
type Media string

const (
	// URL is a text that must be a URL.
	URL Media = "url"

	// Maybe is a text that may be a URL or, for instance, a name at the provider. The path
	// of a local file is neither.
	Maybe Media = "maybe"
)

// schema is the part of JSON Schema that a shape is made of.
type schema struct {
	Type        json.RawMessage            `json:"type"`
	Format      string                     `json:"format"`
	Description string                     `json:"description"`
	Component   string                     `json:"x-ui-component"`
	Enum        []any                      `json:"enum"`
	Minimum     *float64                   `json:"minimum"`
	Maximum     *float64                   `json:"maximum"`
	MinItems    *int                       `json:"minItems"`
	MaxItems    *int                       `json:"maxItems"`
	Required    []string                   `json:"required"`
	Items       json.RawMessage            `json:"items"`
	Properties  map[string]json.RawMessage `json:"properties"`
}

// maxEnum is how many values an enum has in a shape at most. A longer one is left out.
const maxEnum = 100

// Of is the shape that a JSON Schema describes. Whatever it can't express is allowed.
func Of(text []byte) *Shape { return of("", text, schema{}) }

// of reads the schema of a field. Members of a list inherit its name and what it says of
// itself.
func of(name string, text []byte, list schema) *Shape {
	var s schema
	if json.Unmarshal(text, &s) != nil {
		return &Shape{}
	}
	if s.Description == "" {
		s.Description = list.Description
	}
	if s.Component == "" {
		s.Component = list.Component
	}
	if len(s.Enum) > maxEnum {
		s.Enum = nil
	}
	shape := &Shape{
		Types: s.types(), Enum: s.Enum, Minimum: s.Minimum, Maximum: s.Maximum, MinItems: s.MinItems, MaxItems: s.MaxItems, Required: s.Required,
	}
	shape.Media = s.media(name, shape.Types)
	if len(s.Items) > 0 {
		shape.Items = of(name, s.Items, s)
	}
	for field, inner := range s.Properties {
		if shape.Fields == nil {
			shape.Fields = make(map[string]*Shape, len(s.Properties))
		}
		shape.Fields[field] = of(field, inner, schema{})
	}
	return shape
}

func (s schema) types() []string {
	var one string
	if json.Unmarshal(s.Type, &one) == nil && one != "" {
		return []string{one}
	}
	var several []string
	_ = json.Unmarshal(s.Type, &several)
	return several
}

// Only is the shape of an object with these of its fields, and with those that hold
// addresses of files.
func (s *Shape) Only(fields []string) *Shape {
	only := &Shape{}
	for name, field := range s.Fields {
		if !slices.Contains(fields, name) && !field.hasMedia() {
			continue
		}
		if only.Fields == nil {
			only.Fields = make(map[string]*Shape)
		}
		only.Fields[name] = field
		if slices.Contains(s.Required, name) {
			only.Required = append(only.Required, name)
		}
	}
	slices.Sort(only.Required)
	return only
}

func (s *Shape) hasMedia() bool {
	if s == nil || s.Media != "" || s.Items.hasMediaInside() {
		return s != nil
	}
	for _, field := range s.Fields {
		if field.hasMedia() {
			return true
		}
	}
	return false
}

func (s *Shape) hasMediaInside() bool { return s != nil && s.hasMedia() }
