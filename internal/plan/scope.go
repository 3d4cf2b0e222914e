package plan

import (
	"maps"
	"reflect"

	"github.com/expr-lang/expr/types"

	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// scope is what expressions may refer to, with its types.
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

var inputTypes = map[pipeline.InputType]types.Type{
	"":                   types.String,
	pipeline.TypeString:  types.String,
	pipeline.TypeFile:    types.String,
	pipeline.TypeInteger: types.Int,
	pipeline.TypeNumber:  types.Any, // int or float64
	pipeline.TypeBoolean: types.Bool,
	pipeline.TypeArray:   anyList,
	pipeline.TypeObject:  anyMap,
}

// Fields of a step, as expressions see it.
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

// fieldTypes are those of a step. An approval has outputs if it is a choice.
func fieldTypes(step pipeline.Step) types.Map {
	fields := types.Map{FieldState: types.String, FieldError: types.String}
	switch step.Kind() {
	case pipeline.KindForEach:
		fields[FieldItems], fields[FieldNSFW] = anyList, flags
	case pipeline.KindApprove:
		fields[FieldComment] = types.String
		if step.Approve.Choose == nil {
			return fields
		}
		fields[FieldChoice] = types.Any
	default:
		fields[FieldModel], fields[FieldNSFW] = types.String, flags
	}
	fields[FieldOutput], fields[FieldOutputs] = types.Any, anyList
	return fields
}

// fields are those of a step, by name; nil if there is no such step.
func (s *scope) fields(step string) types.Map {
	fields, _ := s.types[RootSteps].(types.Map)[step].(types.Map)
	return fields
}

// oneOutput tells whether a step's output is the first of those that it has made.
func (s *scope) oneOutput(step string) bool {
	fields := s.fields(step)
	return fields != nil && fields[FieldChoice] == nil
}

func newScope(d pipeline.Definition) *scope {
	s := &scope{inputs: d.Inputs.Names(), steps: d.Steps.Names(), compiled: new(int)}
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

// withItem is the scope inside of a for_each.
func (s *scope) withItem() *scope {
	inner := *s
	inner.types = maps.Clone(s.types)
	inner.types[RootItem], inner.types[RootIndex] = types.Any, types.Int
	return &inner
}

// kindNames are how types are called to people.
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
