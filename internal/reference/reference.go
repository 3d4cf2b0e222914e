// Package reference holds the JSON Schemas of workflow requests. "make reference" generates
// them, and the tables of docs/reference.md, from the Go types and their documentation.
package reference

import (
	_ "embed"
	"slices"
)

//go:embed generate.json
var generate []byte

//go:embed pipeline.json
var pipeline []byte

// Generate is the JSON Schema of a request to the workflow wavespeed.Generate.
func Generate() []byte { return slices.Clone(generate) }

// Pipeline is the JSON Schema of a request to the workflow wavespeed.Pipeline.
func Pipeline() []byte { return slices.Clone(pipeline) }
