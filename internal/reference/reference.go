// Package reference holds the JSON Schemas of what people send to workflows. They are
// generated from the types and their documentation, and so are the tables of
// docs/reference.md; make reference writes them.
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
