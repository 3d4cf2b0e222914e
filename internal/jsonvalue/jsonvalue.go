// Package jsonvalue represents values as pipeline expressions see them: what JSON decodes to,
// with whole numbers as int. A value has the same type whatever its source: a file, an
// argument, a history or an output.
package jsonvalue

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
)

// Numbers converts whole numbers to int and others to float64, in place if it can. Expressions
// tell them apart, and an index must be whole. A number that fits neither stays a json.Number:
// expressions can pass it on but can't calculate with it.
func Numbers(value any) any {
	switch value := value.(type) {
	case json.Number:
		if whole, err := strconv.Atoi(value.String()); err == nil {
			return whole
		}
		float, err := value.Float64()
		if err != nil || isDigits(value.String()) && strconv.FormatFloat(float, 'f', -1, 64) != value.String() {
			return value // with all of its digits
		}
		return Numbers(float)
	case float64:
		if value == math.Trunc(value) && math.Abs(value) < 1<<63 {
			return int(value)
		}
	case map[string]any:
		for key, member := range value {
			value[key] = Numbers(member)
		}
	case []any:
		for i, member := range value {
			value[i] = Numbers(member)
		}
	}
	return value
}

// Decode decodes one JSON value for expressions: whole numbers as int, others as float64, and
// those that fit neither as [json.Number]. It fails if more follows the value.
func Decode(data []byte) (any, error) {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more after the JSON value")
	}
	return Numbers(value), nil
}

// Of returns a Go value as expressions see it: what its JSON decodes to.
func Of(value any) (any, error) {
	encoded, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	return Decode(encoded)
}

// OrNil is Decode, but returns nil for invalid JSON.
func OrNil(data []byte) any {
	value, err := Decode(data)
	if err != nil {
		return nil
	}
	return value
}

func isDigits(text string) bool {
	return strings.Trim(strings.TrimPrefix(text, "-"), "0123456789") == ""
}
