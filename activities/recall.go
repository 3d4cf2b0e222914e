package activities

import (
	"context"
	"errors"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// Recall reads a page of what an earlier run has made, by query, after its end: while it
// runs it makes more, which two would pay for. What its children had made when it ended is
// read from them.
func (a *Activities) Recall(ctx context.Context, in pipeline.RecallInput) (pipeline.Page, error) {
	ctx, cancel := withMargin(ctx)
	defer cancel()
	run := pipeline.Child{WorkflowID: in.WorkflowID, RunID: in.RunID}
	page, err := queryPage(ctx, run, in.Cursor)
	for err == nil && page.Before != nil {
		run = *page.Before
		page, err = queryPage(ctx, run, in.Cursor)
	}
	if errors.Is(err, errRuns) {
		return pipeline.Page{}, final(generation.ErrInvalidInput, fmt.Sprintf("run %s of workflow %s has not ended: cancel or terminate it first; nothing was submitted", run.RunID, run.WorkflowID), nil)
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

// errRuns is that of a workflow which has not ended: a child ends soon after its run.
var errRuns = errors.New("it has not ended yet")

func queryPage(ctx context.Context, run pipeline.Child, from pipeline.Cursor) (page pipeline.Page, err error) {
	c := activity.GetClient(ctx)
	described, err := c.DescribeWorkflowExecution(ctx, run.WorkflowID, run.RunID)
	if err != nil {
		return page, err
	}
	if described.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		return page, errRuns
	}
	answer, err := c.QueryWorkflow(ctx, run.WorkflowID, run.RunID, pipeline.ResultsQuery, from)
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
