package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/converter"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// Results are what the run has made so far, step by step, also after its end and however it
// ended. They need a worker that answers.
func (r *Run) Results(ctx context.Context) ([]StepResults, error) {
	var all []StepResults
	for from := (&Cursor{}); from != nil; {
		page, err := r.Page(ctx, *from)
		if err != nil {
			return nil, fmt.Errorf("pipeline run %s: its results: %w", r.workflowID, err)
		}
		for _, step := range page.Steps {
			if last := len(all) - 1; last >= 0 && all[last].ID == step.ID {
				all[last].Items = append(all[last].Items, step.Items...)
				continue
			}
			all = append(all, step)
		}
		from = page.Next
	}
	return all, nil
}

// Page is a part of the results, from a place on. What the run's children have made and the
// run has not taken over is in it. A run that was to resume another, and ended before it had
// read what that one made, gives the other's results.
func (r *Run) Page(ctx context.Context, from Cursor) (Page, error) {
	page, err := r.page(ctx, from)
	for err == nil && page.Before != nil {
		r = Open(r.client, page.Before.WorkflowID, page.Before.RunID)
		page, err = r.page(ctx, from)
	}
	for i := range page.Steps {
		if err == nil {
			err = r.addChildren(ctx, &page.Steps[i])
		}
	}
	return page, err
}

// addChildren adds to a step's items those that its children hold. One that has not started
// holds none.
func (r *Run) addChildren(ctx context.Context, step *StepResults) error {
	for _, child := range step.Children {
		made, err := Open(r.client, child.WorkflowID, child.RunID).page(ctx, Cursor{})
		var missing *serviceerror.NotFound
		switch {
		case errors.As(err, &missing):
			continue
		case err != nil:
			return fmt.Errorf("of %s: %w", child.WorkflowID, err)
		}
		for _, inner := range made.Steps {
			step.Items = append(step.Items, inner.Items...)
		}
	}
	step.Children = nil
	return nil
}

// page asks one workflow.
func (r *Run) page(ctx context.Context, from Cursor) (page Page, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	answer, err := r.client.QueryWorkflow(ctx, r.workflowID, r.runID, wire.RunResultsQuery, from)
	var unbegun *serviceerror.WorkflowNotReady
	switch {
	case errors.As(err, &unbegun):
		return r.unbegun(ctx)
	case err != nil:
		return page, err
	default:
		return page, answer.Get(&page)
	}
}

// unbegun is the page of a workflow that no worker has started: it names the run to resume.
func (r *Run) unbegun(ctx context.Context) (page Page, err error) {
	history := r.client.GetWorkflowHistory(ctx, r.workflowID, r.runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	event, err := history.Next()
	if err != nil {
		return page, err
	}
	var in struct {
		Resume *Resume `json:"resume"`
	}
	arguments := event.GetWorkflowExecutionStartedEventAttributes().GetInput()
	if err := converter.GetDefaultDataConverter().FromPayloads(arguments, &in); err != nil {
		return page, serviceerror.NewNotFound("no worker had started it, and what it was to resume cannot be read: resume that run in place of it")
	}
	if in.Resume != nil {
		page.Before = &Child{WorkflowID: cmp.Or(in.Resume.WorkflowID, r.workflowID), RunID: in.Resume.RunID}
	}
	return page, nil
}
