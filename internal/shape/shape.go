// Package shape reduces a model's JSON Schema to what a workflow can hold in its history and
// check itself: types, bounds, and which strings must be URLs. Its results depend only on the
// shape and the value, so a replay repeats them.
package shape

import (
	"encoding/json"
	"slices"
)

// Shape describes one value. Its zero value allows everything.
type Shape struct {
	// Types are JSON types: string, integer, number, boolean, array, object or null.
	// Defaults to all.
	Types []string `json:"types,omitempty"`

	// Media says whether the value is a file's URL. Defaults to no.
	Media Media `json:"media,omitempty"`

	Enum     []any    `json:"enum,omitempty"`
	Minimum  *float64 `json:"minimum,omitempty"`
	Maximum  *float64 `json:"maximum,omitempty"`
	MinItems *int     `json:"min_items,omitempty"`
	MaxItems *int     `json:"max_items,omitempty"`

	// Required are fields of an object that must not be empty strings.
	Required []string `json:"required,omitempty"`

	// Items is the shape of a list's members. Fields are the shapes of an object's fields.
	Items  *Shape            `json:"items,omitempty"`
	Fields map[string]*Shape `json:"fields,omitempty"`
}

// Media says whether a string is a file's URL.
type Media string

const (
	// URL is a string that must be a URL.
	URL Media = "url"

	// Maybe is a string that may be a URL or something else, such as a name at the provider,
	// but not a local path.
	Maybe Media = "maybe"
)

// schema is the part of JSON Schema that shapes use.
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

// maxEnum is the maximum number of enum values in a shape. Longer enums are omitted.
const maxEnum = 100

// Of returns the shape of a JSON Schema. It allows whatever a shape can't express.
func Of(text []byte) *Shape { return of("", text, schema{}) }

// of reads a field's schema. Members of a list inherit the field's name and description.
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

// Only returns the shape of an object with only these fields, and those that hold file URLs.
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
