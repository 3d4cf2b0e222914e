// Package file reads pipelines that people write, in YAML or JSON, and says where in them
// something is wrong.
//
//	f, err := file.Read("film.yaml")
//	…
//	plan, err := f.Compile()
//	…
//	run, err := c.ExecuteWorkflow(ctx, options, pipeline.WorkflowName, pipeline.Request{Pipeline: f.Definition})
//
// Errors are [pipeline.Problems] with file, line and column, all at once. [Schema] is the
// JSON Schema by which files are checked; editors complete and check them by it as well.
package file
