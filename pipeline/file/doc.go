// Package file reads pipelines that people write, in YAML or JSON, and reports where a problem
// is.
//
//	f, err := file.Read("film.yaml")
//	…
//	err = f.Check()
//	…
//	run, err := pipeline.Start(ctx, c, options, pipeline.Request{Pipeline: f.Definition})
//
// Errors are [pipeline.Problems] with file, line and column, all reported together. [Schema] is
// the JSON Schema that files are checked against. Editors can use it too.
package file
