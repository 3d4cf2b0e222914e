// Package file reads pipelines that people write, in YAML or JSON, and reports where a problem
// is.
//
//	f, err := file.Read("film.yaml")
//	…
//	plan, err := f.Compile()
//	…
//	run, err := c.ExecuteWorkflow(ctx, options, pipeline.WorkflowName, pipeline.Request{Pipeline: f.Definition})
//
// Errors are [pipeline.Problems] with file, line and column, all reported together. [Schema] is
// the JSON Schema that files are checked against. Editors can use it too.
package file
