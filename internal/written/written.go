// Package written decodes arguments of workflows and updates. If the SDK can't decode an
// argument, it ends the workflow with an error that has no type and doesn't name the field.
package written

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/strict"
)

// Argument is an argument written by a person. It is decoded strictly.
type Argument[T any] struct {
	value    T
	requires int
	bytes    int
	err      error
}

// UnmarshalJSON keeps the error for [Argument.Read] and [Argument.Take].
func (a *Argument[T]) UnmarshalJSON(data []byte) error {
	var version struct {
		Requires int `json:"requires"`
	}
	_ = json.Unmarshal(data, &version)
	a.requires, a.bytes = version.Requires, len(data)
	a.err = strict.Decode(data, &a.value)
	return nil
}

// Read returns the value. An error is a [*strict.Error].
func (a Argument[T]) Read() (T, error) {
	if a.err != nil {
		var none T
		return none, a.err
	}
	return a.value, nil
}

// Bytes is the size of the argument as it was written, and as the history has it.
func (a Argument[T]) Bytes() int { return a.bytes }

// Take is Read for a workflow's argument, which may come from a newer version. If it requires a
// newer format, Take panics. The panic fails the workflow task, which Temporal retries until a
// newer worker picks it up.
func (a Argument[T]) Take() (T, error) {
	if a.requires > Format {
		panic(fmt.Sprintf("the argument requires format %d, and this worker has %d: it is left to a newer one", a.requires, Format))
	}
	return a.Read()
}

// Exchanged is an argument passed by another of our own workflows. Unknown fields are ignored,
// except in a definition. Untyped numbers become json.Number, because a float64 loses digits of
// large seeds.
type Exchanged[T any] struct {
	value T
	err   error
}

// UnmarshalJSON keeps the error for [Exchanged.Take].
func (e *Exchanged[T]) UnmarshalJSON(data []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	e.err = decoder.Decode(&e.value)
	return nil
}

// Take returns the value, or panics if it can't be decoded, which leaves it to a newer worker:
// a newer version must have passed it.
func (e Exchanged[T]) Take() T {
	if e.err != nil {
		panic(fmt.Sprintf("the argument is left to a newer worker: %v", e.err))
	}
	return e.value
}
