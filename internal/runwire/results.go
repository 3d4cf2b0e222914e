package runwire

import (
	"context"

	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/pages"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// What the query for a run's results is asked and answers.
type (
	Page        = pages.Page[pipeline.ItemResult]
	StepResults = pages.Step[pipeline.ItemResult]
	Cursor      = pages.Cursor
	Child       = pages.Child
)

// ReadResults reads a page of what a run and its children have made.
func ReadResults(ctx context.Context, c client.Client, of Child, from Cursor) (Page, error) {
	return pages.Read[pipeline.ItemResult](ctx, c, of, from)
}
