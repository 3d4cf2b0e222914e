// Package schema checks JSON values against a JSON Schema and explains problems in plain words.
// It never repeats values, because they may be prompts.
package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/nearest"
)

// Schema is a compiled JSON Schema.
type Schema struct {
	compiled *jsonschema.Schema
}

// Finding is a problem with a value.
type Finding struct {
	// Path is the location in the value.
	Path []string

	// OfType is set if the value has the wrong type: the types that the schema allows.
	OfType []string

	// OfName is set if a field's name is wrong, not its value.
	OfName bool

	// OfMembers is set if an object lacks fields, or has too few or too many.
	OfMembers bool

	Message string
}

// Compile compiles a schema. It loads no other documents.
func Compile(text []byte) (*Schema, error) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	compiler.UseLoader(nothing{})
	const name = "mem:schema.json"
	if err := compiler.AddResource(name, document); err != nil {
		return nil, err
	}
	compiled, err := compiler.Compile(name)
	if err != nil {
		return nil, err
	}
	return &Schema{compiled}, nil
}

type nothing struct{}

func (nothing) Load(url string) (any, error) { return nil, fmt.Errorf("%s is not loaded", url) }

// Properties returns the names that a top-level object may have; nil for any.
func (s *Schema) Properties() []string {
	return slices.Sorted(maps.Keys(s.compiled.Properties))
}

// Check returns all problems with a value, in the order of their paths.
func (s *Schema) Check(value any) []Finding {
	err := s.compiled.Validate(value)
	if err == nil {
		return nil
	}
	failure, ok := err.(*jsonschema.ValidationError)
	if !ok {
		return []Finding{{Message: err.Error()}}
	}
	var findings []Finding
	s.collect(failure, &findings)
	slices.SortStableFunc(findings, func(a, b Finding) int { return slices.Compare(a.Path, b.Path) })
	return slices.CompactFunc(findings, func(a, b Finding) bool {
		return slices.Equal(a.Path, b.Path) && a.Message == b.Message
	})
}

// collect gathers the errors that have no causes of their own.
func (s *Schema) collect(failure *jsonschema.ValidationError, findings *[]Finding) {
	if k, ok := failure.ErrorKind.(*kind.PropertyNames); ok {
		*findings = append(*findings, Finding{
			Path: append(slices.Clone(failure.InstanceLocation), k.Property), OfName: true, Message: "is a name that is not allowed here",
		})
		return
	}
	if len(failure.Causes) > 0 {
		for _, cause := range failure.Causes {
			s.collect(cause, findings)
		}
		return
	}
	path := failure.InstanceLocation
	switch k := failure.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		for _, name := range k.Properties {
			*findings = append(*findings, Finding{
				Path:    append(slices.Clone(path), name),
				Message: "is not known" + nearest.Hint(name, slices.Sorted(maps.Keys(s.at(failure.SchemaURL).Properties))),
			})
		}
	case *kind.Required:
		*findings = append(*findings, Finding{Path: path, OfMembers: true, Message: "lacks " + strings.Join(k.Missing, " and ")})
	case *kind.MinProperties:
		*findings = append(*findings, Finding{Path: path, OfMembers: true, Message: fmt.Sprintf("has %d fields, and must have at least %d", k.Got, k.Want)})
	case *kind.MaxProperties:
		*findings = append(*findings, Finding{Path: path, OfMembers: true, Message: fmt.Sprintf("has %d fields, and must have at most %d", k.Got, k.Want)})
	case *kind.Type:
		*findings = append(*findings, Finding{Path: path, OfType: k.Want, Message: fmt.Sprintf("is of type %s, and must be %s", k.Got, strings.Join(k.Want, " or "))})
	case *kind.Pattern:
		*findings = append(*findings, Finding{Path: path, Message: s.form(failure.SchemaURL, k.Want)})
	default:
		*findings = append(*findings, Finding{Path: path, Message: words(k)})
	}
}

// form describes the required form of a string, by examples if the schema has some.
func (s *Schema) form(url, pattern string) string {
	if examples := s.at(url).Examples; len(examples) > 0 {
		return "must have a form such as " + listed(examples)
	}
	return "must match " + pattern
}

func words(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.Enum:
		return "must be one of " + listed(k.Want)
	case *kind.Const:
		return "must be " + listed([]any{k.Want})
	case *kind.Minimum:
		return "must be at least " + decimal(k.Want)
	case *kind.Maximum:
		return "must be at most " + decimal(k.Want)
	case *kind.ExclusiveMinimum:
		return "must be more than " + decimal(k.Want)
	case *kind.ExclusiveMaximum:
		return "must be less than " + decimal(k.Want)
	case *kind.MultipleOf:
		return "must be a multiple of " + decimal(k.Want)
	case *kind.MinLength:
		return fmt.Sprintf("has %d characters, and must have at least %d", k.Got, k.Want)
	case *kind.MaxLength:
		return fmt.Sprintf("has %d characters, and must have at most %d", k.Got, k.Want)
	case *kind.MinItems:
		return fmt.Sprintf("has %d items, and must have at least %d", k.Got, k.Want)
	case *kind.MaxItems:
		return fmt.Sprintf("has %d items, and must have at most %d", k.Got, k.Want)
	case *kind.Format:
		return "must be of the form " + k.Want
	case *kind.Not:
		return "is what the schema excludes"
	default:
		return "does not match the schema: " + strings.Join(k.KeywordPath(), ".")
	}
}

// decimal formats 1.01, not 101/100.
func decimal(number *big.Rat) string {
	float, _ := number.Float64()
	return strconv.FormatFloat(float, 'f', -1, 64)
}

func listed(values []any) string {
	texts := make([]string, len(values))
	for i, value := range values {
		encoded, _ := json.Marshal(value)
		texts[i] = strings.Trim(string(encoded), `"`)
	}
	return strings.Join(texts, ", ")
}

// at returns the subschema at a location; an empty one if there is none.
func (s *Schema) at(url string) *jsonschema.Schema {
	seen := make(map[*jsonschema.Schema]bool)
	var find func(*jsonschema.Schema) *jsonschema.Schema
	find = func(at *jsonschema.Schema) *jsonschema.Schema {
		if at == nil || seen[at] {
			return nil
		}
		seen[at] = true
		if at.Location == url {
			return at
		}
		for _, inner := range inside(at) {
			if found := find(inner); found != nil {
				return found
			}
		}
		return nil
	}
	if found := find(s.compiled); found != nil {
		return found
	}
	return &jsonschema.Schema{}
}

// inside returns the schemas that a schema combines.
func inside(at *jsonschema.Schema) []*jsonschema.Schema {
	inner := []*jsonschema.Schema{at.Ref, at.If, at.Then, at.Else, at.Items2020, at.Not}
	for _, name := range slices.Sorted(maps.Keys(at.Properties)) {
		inner = append(inner, at.Properties[name])
	}
	if additional, ok := at.AdditionalProperties.(*jsonschema.Schema); ok {
		inner = append(inner, additional)
	}
	inner = append(inner, at.AllOf...)
	inner = append(inner, at.AnyOf...)
	return append(inner, at.OneOf...)
}
