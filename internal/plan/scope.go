package plan

import (
	"maps"
	"reflect"

	"github.com/expr-lang/expr/types"

	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// scope holds the values that expressions may refer to, with their types.
type scope struct {
	inputs   []string
	steps    []string
	types    types.Map
	compiled *int // expressions so far
}

var (
	anyList = types.TypeOf([]any{})
	anyMap  = types.TypeOf(map[string]any{})
	flags   = types.TypeOf([]bool{})
)

var inputTypes = map[string]types.Type{
	"":          types.String,
	TypeString:  types.String,
	TypeFile:    types.String,
	TypeInteger: types.Int,
	TypeNumber:  types.Any, // int or float64
	TypeBoolean: types.Bool,
	TypeArray:   anyList,
	TypeObject:  anyMap,
}

// Fields of a step in expressions.
const (
	FieldState   = "state"
	FieldError   = "error"
	FieldOutput  = "output"
	FieldOutputs = "outputs"
	FieldItems   = "items"
	FieldChoice  = "choice"
	FieldComment = "comment"
	FieldModel   = "model"
	FieldNSFW    = "nsfw"
)

// fieldTypes returns the types of a step's fields. An approval has outputs if it has choices.
func fieldTypes(step pipeline.Step) types.Map {
	fields := types.Map{FieldState: types.String, FieldError: types.String}
	switch {
	case step.Approve != nil:
		fields[FieldComment] = types.String
		if step.Approve.Choose == nil {
			return fields
		}
		fields[FieldChoice] = types.Any
	case step.ForEach != nil:
		fields[FieldItems], fields[FieldNSFW] = anyList, flags
	default:
		fields[FieldModel], fields[FieldNSFW] = types.String, flags
	}
	fields[FieldOutput], fields[FieldOutputs] = types.Any, anyList
	return fields
}

// fields returns the names of an input's fields; nil if they are unknown.
func (s *scope) fields(step string) types.Map {
	fields, _ := s.types[RootSteps].(types.Map)[step].(types.Map)
	return fields
}

// oneOutput reports whether a step's output is the first of its outputs.
func (s *scope) oneOutput(step string) bool {
	fields := s.fields(step)
	return fields != nil && fields[FieldChoice] == nil
}

func newScope(d pipeline.Definition) *scope {
	s := &scope{inputs: Names(d.Inputs), steps: Names(d.Steps), compiled: new(int)}
	inputs, steps := types.Map{}, types.Map{}
	for _, input := range d.Inputs {
		t, known := inputTypes[input.Value.Type]
		if !known {
			t = types.Any
		}
		inputs[input.Name] = t
	}
	for _, step := range d.Steps {
		steps[step.Name] = fieldTypes(step.Value)
	}
	s.types = types.Map{RootInputs: inputs, RootSteps: steps}
	return s
}

// withItem returns the scope inside a for_each.
func (s *scope) withItem() *scope {
	inner := *s
	inner.types = maps.Clone(s.types)
	inner.types[RootItem], inner.types[RootIndex] = types.Any, types.Int
	return &inner
}

// kindNames are the names of types in messages.
func kindName(kind reflect.Kind) string {
	switch kind {
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	case reflect.Int:
		return "integer"
	case reflect.Float64:
		return "number"
	case reflect.Slice, reflect.Array:
		return "array"
	case reflect.Map, reflect.Struct:
		return "object"
	default:
		return "any"
	}
}
