// Package strict decodes JSON that people write. An unknown field is an error that names it.
// Silently ignoring a misspelt field would produce, and bill, the wrong result.
package strict

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/nearest"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plaintext"
)

// Error says what is wrong with a value, and where. It never repeats the value.
type Error struct {
	// Path is the location: steps, still, timeout.
	Path []string

	Message string
}

// Error formats it on one line, such as "steps.still.timeout: must be a string, and is a
// number".
func (e *Error) Error() string {
	if len(e.Path) == 0 {
		return e.Message
	}
	return strings.Join(e.Path, ".") + ": " + e.Message
}

// At returns an error about a part of a value.
func At(segment string, err error) error {
	segment = shown(segment)
	var inner *Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &inner):
		return &Error{Path: append([]string{segment}, inner.Path...), Message: inner.Message}
	default:
		return &Error{Path: []string{segment}, Message: err.Error()}
	}
}

// maxName is the maximum length of a field's name in an error: it may come from somebody else.
const maxName = 60

func shown(name string) string {
	name = plaintext.Clip(name, maxName)
	if strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(name)
	}
	return name
}

// Decode decodes one JSON value into the target of a pointer. Untyped numbers become
// json.Number. Field names must match exactly, and duplicates are rejected. A struct with a field
// that has the tag strict:"short" has a short form: just the value of that field.
func Decode(data []byte, into any) error {
	if !json.Valid(data) {
		return &Error{Message: "is not valid JSON"}
	}
	return decode(bytes.TrimSpace(data), reflect.ValueOf(into).Elem())
}

func decode(data []byte, into reflect.Value) error {
	isNull := string(data) == "null"
	if into.Kind() == reflect.Pointer && !isNull {
		into.Set(reflect.New(into.Type().Elem()))
		return decode(data, into.Elem())
	}
	switch target := into.Addr().Interface().(type) {
	case json.Unmarshaler:
		return told(target.UnmarshalJSON(data))
	case encoding.TextUnmarshaler:
		if !isNull && data[0] != '"' {
			return &Error{Message: "must be a string, and is " + kindOf(data)}
		}
		return told(json.Unmarshal(data, target))
	}
	switch {
	case isNull:
		return told(json.Unmarshal(data, into.Addr().Interface()))
	case into.Kind() == reflect.Struct:
		if field := short(data, into); field.IsValid() {
			return decode(data, field)
		}
		return object(data, into)
	case into.Kind() == reflect.Map && into.Type().Key().Kind() == reflect.String:
		return members(data, into)
	case into.Kind() == reflect.Slice && into.Type().Elem().Kind() != reflect.Uint8:
		return list(data, into)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	return told(decoder.Decode(into.Addr().Interface()))
}

// short returns the field that a struct's short form sets, if the data has that form.
func short(data []byte, into reflect.Value) (field reflect.Value) {
	if kindOf(data) == "an object" {
		return field
	}
	for i := range into.NumField() {
		if into.Type().Field(i).Tag.Get("strict") == "short" {
			field = into.Field(i)
		}
	}
	if field.IsValid() && field.Kind() == reflect.String && data[0] != '"' {
		return reflect.Value{}
	}
	return field
}

// object decodes a struct.
func object(data []byte, into reflect.Value) error {
	written, err := fields(data)
	if err != nil {
		return err
	}
	known := make(map[string]reflect.Value)
	collect(into, known)
	for _, field := range written {
		target, ok := known[field.name]
		if !ok {
			return At(field.name, &Error{Message: "is not known" + meant(shown(field.name), slices.Sorted(maps.Keys(known)))})
		}
		if err := decode(field.value, target); err != nil {
			return At(field.name, err)
		}
	}
	return nil
}

// meant suggests the intended field.
func meant(name string, known []string) string {
	if hint := nearest.Hint(name, known); hint != "" {
		return hint
	}
	return "; known fields: " + strings.Join(known, ", ")
}

// collect gathers a struct's fields by their JSON names.
func collect(of reflect.Value, known map[string]reflect.Value) {
	for i := range of.NumField() {
		field := of.Type().Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case field.Anonymous && name == "":
			collect(reflect.Indirect(of.Field(i)), known)
		case name == "-" || !field.IsExported():
		case name == "":
			known[field.Name] = of.Field(i)
		default:
			known[name] = of.Field(i)
		}
	}
}

func members(data []byte, into reflect.Value) error {
	written, err := fields(data)
	if err != nil {
		return err
	}
	into.Set(reflect.MakeMapWithSize(into.Type(), len(written)))
	for _, field := range written {
		value := reflect.New(into.Type().Elem()).Elem()
		if err := decode(field.value, value); err != nil {
			return At(field.name, err)
		}
		into.SetMapIndex(reflect.ValueOf(field.name).Convert(into.Type().Key()), value)
	}
	return nil
}

func list(data []byte, into reflect.Value) error {
	var raw []json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return told(err)
	}
	into.Set(reflect.MakeSlice(into.Type(), len(raw), len(raw)))
	for i, member := range raw {
		if err := decode(member, into.Index(i)); err != nil {
			return At(strconv.Itoa(i), err)
		}
	}
	return nil
}

type field struct {
	name  string
	value json.RawMessage
}

// fields returns the fields of an object, in order.
func fields(data []byte) ([]field, error) {
	if kind := kindOf(data); kind != "an object" {
		return nil, &Error{Message: "must be an object, and is " + kind}
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	if _, err := decoder.Token(); err != nil {
		return nil, told(err)
	}
	var written []field
	seen := make(map[string]bool)
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, told(err)
		}
		f := field{name: token.(string)}
		if seen[f.name] {
			return nil, At(f.name, &Error{Message: "is listed twice"})
		}
		seen[f.name] = true
		if err := decoder.Decode(&f.value); err != nil {
			return nil, told(err)
		}
		written = append(written, f)
	}
	return written, nil
}

// told explains an error in plain words.
func told(err error) error {
	var inner *Error
	var wrong *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &inner):
		return inner
	case errors.As(err, &wrong):
		what, _, _ := strings.Cut(wrong.Value, " ")
		got := kinds[what]
		if wanted(wrong.Type) == wholeNumber && got == "a number" {
			got = "another one"
		}
		return &Error{Message: fmt.Sprintf("must be %s, and is %s", wanted(wrong.Type), got)}
	default:
		return &Error{Message: strings.TrimPrefix(err.Error(), "json: ")}
	}
}

// kinds maps encoding/json's names of JSON values to ours.
var kinds = map[string]string{
	"string": "a string", "number": "a number", "bool": "true or false", "object": "an object", "array": "a list",
}

const wholeNumber = "a whole number"

func wanted(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Map, reflect.Struct:
		return "an object"
	default:
		return wholeNumber
	}
}

func kindOf(data []byte) string {
	switch data[0] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a string"
	case 't', 'f':
		return "true or false"
	case 'n':
		return "null"
	default:
		return "a number"
	}
}
