package activities

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
)

// recall reads a page of what an earlier run has made, after its end: while it runs it makes
// more, which two would pay for. What its children had made when it ended is read from them, and
// what none of them has taken note of from their histories.
func (a *Activities) recall(ctx context.Context, in runwire.RecallInput) (runwire.Page, error) {
	ctx, cancel := attempt(ctx)
	defer cancel()
	ended := &ofEnded{Client: a.client(ctx)}
	page, err := runwire.ReadResults(ctx, ended, runwire.Child{WorkflowID: in.WorkflowID, RunID: in.RunID}, in.Cursor)
	if err == nil {
		err = a.addTails(ctx, ended.asked, &page)
	}
	var refused *temporal.ApplicationError
	switch {
	case errors.As(err, &refused):
		return runwire.Page{}, refused
	case err != nil:
		return runwire.Page{}, recallError(ctx, in, err)
	default:
		return page, nil
	}
}

// ofEnded is a client that queries ended workflows only, and notes which it has asked.
type ofEnded struct {
	client.Client
	asked []runwire.Child
}

func (c *ofEnded) QueryWorkflow(ctx context.Context, workflowID, runID, query string, args ...any) (converter.EncodedValue, error) {
	if err := mustHaveEnded(ctx, c, workflowID, runID); err != nil {
		return nil, err
	}
	c.asked = append(c.asked, runwire.Child{WorkflowID: workflowID, RunID: runID})
	return c.Client.QueryWorkflow(ctx, workflowID, runID, query, args...)
}

// mustHaveEnded is an error if the workflow runs. A child ends soon after its run.
func mustHaveEnded(ctx context.Context, c client.Client, workflowID, runID string) error {
	described, err := c.DescribeWorkflow(ctx, workflowID, runID)
	if err != nil {
		return err
	}
	info := described.RawResponse.GetWorkflowExecutionInfo()
	switch {
	case !isOpen(info):
		return nil
	case info.GetType().GetName() == runwire.ItemsName:
		return errors.New("it has not ended yet")
	default:
		return final(generation.ErrorTypeInvalidInput, fmt.Sprintf("run %s of workflow %s has not ended: cancel or terminate it first; nothing was submitted", runID, workflowID), nil)
	}
}

func recallError(ctx context.Context, in runwire.RecallInput, err error) error {
	what := fmt.Sprintf("the results of run %s of workflow %s", in.RunID, in.WorkflowID)
	var missing *serviceerror.NotFound
	var invalid *serviceerror.InvalidArgument
	var stuck *serviceerror.FailedPrecondition
	if errors.As(err, &missing) || errors.As(err, &invalid) || errors.As(err, &stuck) {
		return final(generation.ErrorTypeInvalidInput, what+" are not available: "+err.Error()+"; nothing was submitted", nil)
	}
	return again(ctx, generation.ErrorTypeUnavailable, what+" could not be read", err)
}
