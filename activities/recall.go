package activities

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// Recall reads a page of what an earlier run has made, by query: the run may have ended.
// What its children had made when it ended is read from them.
func (a *Activities) Recall(ctx context.Context, in pipeline.RecallInput) (pipeline.Page, error) {
	ctx, cancel := withMargin(ctx)
	defer cancel()
	page, err := queryPage(ctx, pipeline.Child{WorkflowID: in.WorkflowID, RunID: in.RunID}, in.Cursor)
	for err == nil && page.Before != nil {
		page, err = queryPage(ctx, *page.Before, in.Cursor)
	}
	if err != nil {
		return pipeline.Page{}, recallError(ctx, in, err)
	}
	for i, results := range page.Steps {
		for _, child := range results.Children {
			made, err := queryPage(ctx, child, pipeline.Cursor{})
			var missing *serviceerror.NotFound
			if errors.As(err, &missing) {
				continue // it had not begun
			}
			if err != nil {
				return pipeline.Page{}, recallError(ctx, in, err)
			}
			for _, step := range made.Steps {
				page.Steps[i].Items = append(page.Steps[i].Items, step.Items...)
			}
		}
		page.Steps[i].Children = nil
	}
	return page, nil
}

func queryPage(ctx context.Context, run pipeline.Child, from pipeline.Cursor) (page pipeline.Page, err error) {
	answer, err := activity.GetClient(ctx).QueryWorkflow(ctx, run.WorkflowID, run.RunID, pipeline.ResultsQuery, from)
	if err != nil {
		return page, err
	}
	return page, answer.Get(&page)
}

func recallError(ctx context.Context, in pipeline.RecallInput, err error) error {
	what := fmt.Sprintf("the results of run %s of workflow %s", in.RunID, in.WorkflowID)
	var missing *serviceerror.NotFound
	var invalid *serviceerror.InvalidArgument
	if errors.As(err, &missing) || errors.As(err, &invalid) {
		return final(generation.ErrInvalidInput, what+" are not to be had: "+err.Error()+"; nothing was submitted", nil)
	}
	return again(ctx, generation.ErrUnavailable, what+" could not be read", err)
}
