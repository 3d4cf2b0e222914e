package pipeline

import (
	"maps"
	"reflect"

	"github.com/expr-lang/expr/types"
)

// scope is what expressions may refer to, with its types.
type scope struct {
	inputs []string
	steps  []string
	types  types.Map
}

var (
	anyList = types.TypeOf([]any{})
	anyMap  = types.TypeOf(map[string]any{})
)

var inputTypes = map[InputType]types.Type{
	"":          types.String,
	TypeString:  types.String,
	TypeFile:    types.String,
	TypeInteger: types.Int,
	TypeNumber:  types.Any, // int or float64
	TypeBoolean: types.Bool,
	TypeArray:   anyList,
	TypeObject:  anyMap,
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
)

// fieldTypes are those of a kind of step.
func fieldTypes(kind Kind) types.Map {
	fields := types.Map{
		FieldState: types.String, FieldError: types.String, FieldOutput: types.Any, FieldOutputs: anyList,
	}
	switch kind {
	case KindForEach:
		fields[FieldItems] = anyList
	case KindApprove:
		fields[FieldChoice], fields[FieldComment] = types.Any, types.String
	default:
		fields[FieldModel] = types.String
	}
	return fields
}

func newScope(d Definition) *scope {
	s := &scope{inputs: d.Inputs.Names(), steps: d.Steps.Names()}
	inputs, steps := types.Map{}, types.Map{}
	for _, input := range d.Inputs {
		t, known := inputTypes[input.Value.Type]
		if !known {
			t = types.Any
		}
		inputs[input.Name] = t
	}
	for _, step := range d.Steps {
		steps[step.Name] = fieldTypes(step.Value.Kind())
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
