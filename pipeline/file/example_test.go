package file_test

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline/file"
)

// A file is checked, and then run.
func Example() {
	start := func(ctx context.Context, c client.Client, options client.StartWorkflowOptions) error {
		f, err := file.Read("film.yaml")
		if err != nil {
			return err
		}
		err = f.Check()
		if err != nil {
			return err
		}
		run, err := pipeline.Start(ctx, c, options, pipeline.Request{Pipeline: f.Definition})
		if err != nil {
			return err
		}
		_, err = run.Get(ctx)
		return err
	}
	_ = start
}

// What is wrong has a line and a column.
func ExampleParse() {
	f, err := file.Parse("film.yaml", []byte("steps:\n  still:\n    modle: wavespeed-ai/flux-dev\n"))
	if err == nil {
		err = f.Check()
	}
	var problems pipeline.Problems
	if errors.As(err, &problems) {
		fmt.Println("line", problems[0].Line, "column", problems[0].Column, problems[0].Path)
	}
	// Output: line 3 column 5 [steps still modle]
}
