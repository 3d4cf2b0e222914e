// Package input encodes the inputs of requests.
package input

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Encode returns the JSON object to submit. An error names the field and never repeats the
// input.
func Encode(input any) (json.RawMessage, error) {
	if input == nil {
		return json.RawMessage("{}"), nil
	}
	encoded, err := Marshal(input)
	if err != nil {
		return nil, err
	}
	if trimmed := bytes.TrimSpace(encoded); len(trimmed) == 0 || trimmed[0] != '{' {
		return nil, fmt.Errorf("input: must be a JSON object with the model's parameters, such as {\"prompt\": …}; got %s", kindOf(trimmed))
	}
	return encoded, nil
}

// Marshal encodes any input as JSON. An error never repeats the input.
func Marshal(input any) (json.RawMessage, error) {
	encoded, err := json.Marshal(input)
	if err != nil {
		return nil, fmt.Errorf("input: cannot be encoded as JSON: %T: %w", input, unsupported(err))
	}
	return encoded, nil
}

// unsupported removes texts in which encoding/json quotes the value.
func unsupported(err error) error {
	switch err.(type) {
	case *json.UnsupportedTypeError:
		return err
	default:
		return fmt.Errorf("not valid JSON")
	}
}

func kindOf(encoded []byte) string {
	if len(encoded) == 0 {
		return "empty"
	}
	switch encoded[0] {
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	default:
		return "a number"
	}
}
