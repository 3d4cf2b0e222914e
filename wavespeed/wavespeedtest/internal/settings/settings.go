// Package settings reads and writes the fields of a struct by their names outside Go, such as
// list_inputs for ListInputs. Its errors begin with that name.
package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Set changes one field from a flag's text: durations such as 90s, comma-separated lists,
// comma-separated key=value maps, anything else in JSON.
func Set(into any, name, text string) error {
	field := field(into, name)
	if !field.IsValid() {
		return fmt.Errorf("%q is not known", name)
	}
	encoded := []byte(text)
	switch field.Kind() {
	case reflect.String:
		encoded = encode(text)
	case reflect.Slice:
		encoded = encode(commas(text))
	case reflect.Map:
		var err error
		if encoded, err = pairs(text, field.Type().Elem().Kind() == reflect.String); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if field.Type() == reflect.TypeFor[time.Duration]() {
		encoded = encode(text)
	}
	return SetJSON(into, name, encoded)
}

// SetJSON changes one field.
func SetJSON(into any, name string, value json.RawMessage) error {
	field := field(into, name)
	if !field.IsValid() {
		return fmt.Errorf("%q is not known", name)
	}
	if field.Type() == reflect.TypeFor[time.Duration]() {
		var text string
		if err := json.Unmarshal(value, &text); err != nil {
			return fmt.Errorf("%s: %s is not a duration such as \"90s\"", name, value)
		}
		d, err := time.ParseDuration(text)
		if err != nil {
			return fmt.Errorf("%s: %q is not a duration such as 90s", name, text)
		}
		field.SetInt(int64(d))
		return nil
	}
	fresh := reflect.New(field.Type()) // a map or list is replaced, not merged
	if err := json.Unmarshal(value, fresh.Interface()); err != nil {
		return fmt.Errorf("%s: %s is not a %s", name, value, field.Type())
	}
	field.Set(fresh.Elem())
	return nil
}

func commas(text string) []string {
	return slices.DeleteFunc(strings.Split(text, ","), func(part string) bool { return part == "" })
}

func pairs(text string, quote bool) ([]byte, error) {
	members := map[string]json.RawMessage{}
	for _, pair := range commas(text) {
		key, value, found := strings.Cut(pair, "=")
		if !found || key == "" || value == "" {
			return nil, fmt.Errorf("%q is not key=value", pair)
		}
		members[key] = json.RawMessage(value)
		if quote {
			members[key] = encode(value)
		}
	}
	encoded, err := json.Marshal(members)
	if err != nil {
		return nil, errors.New("a value is not a number")
	}
	return encoded, nil
}

// Marshal writes every field of a struct, durations as texts.
func Marshal(from any) ([]byte, error) {
	members := map[string]any{}
	for field, value := range reflect.ValueOf(from).Fields() {
		member := value.Interface()
		if d, ok := member.(time.Duration); ok {
			member = d.String()
		}
		members[snake(field.Name)] = member
	}
	return json.Marshal(members)
}

// field is that of the struct into which a pointer points; invalid if there is none.
func field(into any, name string) reflect.Value {
	return reflect.ValueOf(into).Elem().FieldByNameFunc(func(field string) bool { return snake(field) == name })
}

func encode(texts any) []byte {
	encoded, err := json.Marshal(texts)
	if err != nil {
		panic(err) // texts have a JSON
	}
	return encoded
}

// snake converts a Go name such as DeliveryID to delivery_id.
func snake(name string) string {
	var out strings.Builder
	before := ' '
	for _, r := range name {
		if unicode.IsUpper(r) && unicode.IsLower(before) {
			out.WriteByte('_')
		}
		out.WriteRune(unicode.ToLower(r))
		before = r
	}
	return out.String()
}
