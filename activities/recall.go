package activities

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// recall reads a page of what an earlier run has made, by query, after its end: while it
// runs it makes more, which two would pay for. What its children had made when it ended is
// read from them.
func (a *Activities) recall(ctx context.Context, in runwire.RecallInput) (pipeline.Page, error) {
	ctx, cancel := attempt(ctx)
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
			if errors.As(err, &missing) || errors.Is(err, errUnbegun) {
				continue
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

var (
	// errRuns is that of a workflow which has not ended: a child ends soon after its run.
	errRuns = errors.New("it has not ended yet")

	// errUnbegun is that of one which no worker has started, and whose argument is encrypted.
	errUnbegun = errors.New("it ended before a worker had started it, and what it was to resume cannot be read: resume that run in place of it")
)

func queryPage(ctx context.Context, run pipeline.Child, from pipeline.Cursor) (page pipeline.Page, err error) {
	c := activity.GetClient(ctx)
	described, err := c.DescribeWorkflowExecution(ctx, run.WorkflowID, run.RunID)
	if err != nil {
		return page, err
	}
	if isOpen(described.GetWorkflowExecutionInfo()) {
		return page, errRuns
	}
	answer, err := c.QueryWorkflow(ctx, run.WorkflowID, run.RunID, pipeline.ResultsQuery, from)
	var unbegun *serviceerror.WorkflowNotReady
	switch {
	case errors.As(err, &unbegun):
		return unbegunPage(ctx, c, run)
	case err != nil:
		return page, err
	default:
		return page, answer.Get(&page)
	}
}

// unbegunPage is that of a workflow which ended before a worker had started it: what it was
// to resume.
func unbegunPage(ctx context.Context, c client.Client, run pipeline.Child) (page pipeline.Page, err error) {
	history := c.GetWorkflowHistory(ctx, run.WorkflowID, run.RunID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	event, err := history.Next()
	if err != nil {
		return page, err
	}
	var in struct {
		Resume *pipeline.Resume `json:"resume"`
	}
	arguments := event.GetWorkflowExecutionStartedEventAttributes().GetInput()
	if err := converter.GetDefaultDataConverter().FromPayloads(arguments, &in); err != nil {
		return page, errUnbegun
	}
	if in.Resume != nil {
		page.Before = &pipeline.Child{WorkflowID: cmp.Or(in.Resume.WorkflowID, run.WorkflowID), RunID: in.Resume.RunID}
	}
	return page, nil
}

func recallError(ctx context.Context, in runwire.RecallInput, err error) error {
	what := fmt.Sprintf("the results of run %s of workflow %s", in.RunID, in.WorkflowID)
	var missing *serviceerror.NotFound
	var invalid *serviceerror.InvalidArgument
	if errors.As(err, &missing) || errors.As(err, &invalid) || errors.Is(err, errUnbegun) {
		return final(generation.ErrInvalidInput, what+" are not available: "+err.Error()+"; nothing was submitted", nil)
	}
	return again(ctx, generation.ErrUnavailable, what+" could not be read", err)
}
