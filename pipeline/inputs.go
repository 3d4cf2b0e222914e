package pipeline

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/nearest"
)

// Bind gives every input of the pipeline its value: the given one, or its default. It
// fails with [Problems] that name each input that is missing, unknown or of another type.
func (d Definition) Bind(given map[string]any) (map[string]any, error) {
	var problems Problems
	values := make(map[string]any, len(d.Inputs))
	for _, input := range d.Inputs {
		path := []string{"inputs", input.Name}
		value, present := given[input.Name]
		if !present || value == nil {
			if input.Value.Default == nil {
				problems.add(path, "must be given: it is %s%s", article(input.Value.Type.String()), described(input.Value.Description))
				continue
			}
			value = input.Value.Default
		}
		value, err := Normal(value)
		if err != nil {
			problems.add(path, "is no JSON value: %v", err)
			continue
		}
		switch {
		case !input.Value.Type.admits(value):
			problems.add(path, "is %s, and must be %s%s", article(typeName(value)), article(input.Value.Type.String()), cure(input.Value.Type, value))
		case input.Value.Type == TypeFile && !isAddress(value):
			problems.add(path, "is no address of a file, as https://…; the command line uploads one that is given as @FILE")
		case len(input.Value.Enum) > 0 && !contains(input.Value.Enum, value):
			problems.add(path, "has a value that is not allowed; it is one of %v", input.Value.Enum)
		}
		values[input.Name] = value
	}
	names := d.Inputs.Names()
	for name := range given {
		if !slices.Contains(names, name) {
			problems.add([]string{"inputs", name}, "the pipeline has no such input%s", nearest.Hint(name, names))
		}
	}
	slices.SortFunc(problems, func(a, b Problem) int { return slices.Compare(a.Path, b.Path) })
	return values, problems.Err()
}

// Changed is a step's input with some fields replaced; null removes one.
func Changed(input, changes map[string]any) map[string]any {
	if len(changes) == 0 {
		return input
	}
	input = maps.Clone(input)
	maps.Copy(input, changes)
	maps.DeleteFunc(input, func(name string, _ any) bool {
		value, changed := changes[name]
		return changed && value == nil
	})
	return input
}

// cure says what to write instead of a value of another type.
func cure(wanted InputType, value any) string {
	text, isText := value.(string)
	switch {
	case isText && wanted == TypeBoolean:
		return BooleanHint(text)
	case isText && (wanted == TypeInteger || wanted == TypeNumber) && json.Valid([]byte(text)):
		return "; write it without quotes"
	case (wanted == TypeString || wanted == "") && kindName(reflect.ValueOf(value).Kind()) != "object" && value != nil:
		return "; write it in quotes"
	}
	if _, large := value.(json.Number); large && wanted == TypeInteger {
		return fmt.Sprintf("; the largest is %d", math.MaxInt)
	}
	return ""
}

// BooleanHint says which boolean a text was to be, such as "; write true"; "" if that isn't
// clear.
func BooleanHint(text string) string {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "yes", "y", "on", "1", "true", "t":
		return "; write true"
	case "no", "n", "off", "0", "false", "f":
		return "; write false"
	default:
		return ""
	}
}

func isAddress(value any) bool {
	text, _ := value.(string)
	return strings.HasPrefix(text, "https://") || strings.HasPrefix(text, "http://")
}

func described(text string) string {
	if text == "" {
		return ""
	}
	return ", " + text
}

// String is the type's name.
func (t InputType) String() string {
	if t == "" {
		return string(TypeString)
	}
	return string(t)
}

func (t InputType) admits(value any) bool {
	switch t {
	case TypeString, TypeFile, "":
		_, ok := value.(string)
		return ok
	case TypeInteger:
		_, ok := value.(int)
		return ok
	case TypeNumber:
		_, whole := value.(int)
		_, float := value.(float64)
		return whole || float
	case TypeBoolean:
		_, ok := value.(bool)
		return ok
	case TypeArray:
		_, ok := value.([]any)
		return ok
	case TypeObject:
		_, ok := value.(map[string]any)
		return ok
	default:
		return false
	}
}

// typeName is how the type of a value is called to people.
func typeName(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case json.Number:
		return "number of more than 64 bits"
	}
	return kindName(reflect.TypeOf(value).Kind())
}

func contains(values []any, value any) bool {
	return slices.ContainsFunc(values, func(one any) bool { return reflect.DeepEqual(one, value) })
}
