package plan

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/jsonvalue"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/nearest"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// Bind sets every input of the pipeline to the given value or its default. It fails with
// [pipeline.Problems] that name each missing, unknown or mistyped input.
func Bind(d pipeline.Definition, given map[string]any) (map[string]any, error) {
	var problems problems
	values := make(map[string]any, len(d.Inputs))
	for _, input := range d.Inputs {
		path := []string{"inputs", input.Name}
		value, present := given[input.Name]
		if !present || value == nil {
			if input.Value.Default == nil {
				problems.add(path, "is required: %s%s", article(cmp.Or(input.Value.Type, TypeString)), described(input.Value.Description))
				continue
			}
			value = input.Value.Default
		}
		value, err := jsonvalue.Of(value)
		if err != nil {
			problems.add(path, "is not a JSON value: %v", err)
			continue
		}
		switch {
		case !admits(input.Value.Type, value):
			problems.add(path, "is %s, and must be %s%s", article(typeName(value)), article(cmp.Or(input.Value.Type, TypeString)), cure(input.Value.Type, value))
		case input.Value.Type == TypeFile && !isAddress(value):
			problems.add(path, "is not a file URL such as https://…; to upload a file, give @FILE on the command line")
		case len(input.Value.Enum) > 0 && !contains(input.Value.Enum, value):
			problems.add(path, "must be one of %v", input.Value.Enum)
		}
		values[input.Name] = value
	}
	names := Names(d.Inputs)
	for name := range given {
		if !slices.Contains(names, name) {
			problems.add([]string{"inputs", name}, "the pipeline has no such input%s", nearest.Hint(name, names))
		}
	}
	slices.SortFunc(problems, func(a, b pipeline.Problem) int { return slices.Compare(a.Path, b.Path) })
	if len(problems) > 0 {
		return values, pipeline.Problems(problems)
	}
	return values, nil
}

// Changed returns a step's input with some fields replaced; null removes a field.
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

// cure says how to fix a value of the wrong type.
func cure(wanted string, value any) string {
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

// BooleanHint suggests the intended boolean, such as "; write true"; "" if it isn't clear.
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

func admits(t string, value any) bool {
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

// typeName returns the type of a value for messages.
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
