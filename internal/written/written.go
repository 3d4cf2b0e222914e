// Package written takes the arguments of workflows and updates. The SDK would end a workflow
// whose argument it can't decode with an error of no type, and without a word of the field.
package written

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/strict"
)

// Argument is an argument that somebody wrote. It is decoded strictly.
type Argument[T any] struct {
	value    T
	requires int
	bytes    int
	err      error
}

// UnmarshalJSON keeps what is wrong for whoever reads the argument.
func (a *Argument[T]) UnmarshalJSON(data []byte) error {
	var version struct {
		Requires int `json:"requires"`
	}
	_ = json.Unmarshal(data, &version)
	a.requires, a.bytes = version.Requires, len(data)
	a.err = strict.Decode(data, &a.value)
	return nil
}

// Read gives the value. An error is a [*strict.Error].
func (a Argument[T]) Read() (T, error) {
	if a.err != nil {
		var none T
		return none, a.err
	}
	return a.value, nil
}

// Bytes is the size of the argument as it was written, and as the history has it.
func (a Argument[T]) Bytes() int { return a.bytes }

// Take is Read for the argument of a workflow, which may be from a newer version: one that
// requires a newer format is left to a newer worker. The panic fails the workflow task, and
// Temporal repeats that until one takes it.
func (a Argument[T]) Take() (T, error) {
	if a.requires > generation.Format {
		panic(fmt.Sprintf("the argument requires format %d, and this worker has %d: it is left to a newer one", a.requires, generation.Format))
	}
	return a.Read()
}

// Exchanged is an argument that another of our own workflows gives. Fields that are not known
// are left out, but for those of a definition. Numbers of no type are json.Number, since a
// float64 loses digits of large seeds.
type Exchanged[T any] struct {
	value T
	err   error
}

// UnmarshalJSON keeps what is wrong for [Exchanged.Take].
func (e *Exchanged[T]) UnmarshalJSON(data []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	e.err = decoder.Decode(&e.value)
	return nil
}

// Take gives the value, or leaves it to a newer worker if it can't be decoded: then one has
// given it.
func (e Exchanged[T]) Take() T {
	if e.err != nil {
		panic(fmt.Sprintf("the argument is left to a newer worker: %v", e.err))
	}
	return e.value
}
