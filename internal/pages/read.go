package pages

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// askTimeout limits a query, which would otherwise wait for a worker forever.
const askTimeout = 20 * time.Second

// Read reads the results of a run from a place on. What the run's children have made and the
// run has not taken over is in it. A run that was to resume another, and ended before it had
// read what that one made, gives the other's results.
func Read[Item any](ctx context.Context, c client.Client, of Child, from Cursor) (Page[Item], error) {
	page, err := ask[Item](ctx, c, of, from)
	for err == nil && page.Before != nil {
		page, err = ask[Item](ctx, c, *page.Before, from)
	}
	for i := range page.Steps {
		if err == nil {
			err = addChildren(ctx, c, &page.Steps[i])
		}
	}
	return page, err
}

// addChildren adds to a step's items those that its children hold. One that has not started
// holds none. It fails if one that has started was deleted.
func addChildren[Item any](ctx context.Context, c client.Client, step *Step[Item]) error {
	for _, child := range step.Children {
		made, err := ask[Item](ctx, c, child, Cursor{})
		var missing *serviceerror.NotFound
		switch {
		case errors.As(err, &missing) && !child.Started:
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

// ask asks one workflow.
func ask[Item any](ctx context.Context, c client.Client, of Child, from Cursor) (page Page[Item], err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	answer, err := c.QueryWorkflow(ctx, of.WorkflowID, of.RunID, wire.RunResultsQuery, from)
	var unbegun *serviceerror.WorkflowNotReady
	switch {
	case errors.As(err, &unbegun):
		page.Before, err = unread(ctx, c, of)
		return page, err
	case err != nil:
		return page, err
	default:
		return page, answer.Get(&page)
	}
}

// unread is the run that a workflow was to resume that no worker has started; nil for none. It
// fails for one that was started: Temporal queries no workflow whose tasks have failed three times,
// nor later, once it has ended.
func unread(ctx context.Context, c client.Client, of Child) (*Child, error) {
	history := c.GetWorkflowHistory(ctx, of.WorkflowID, of.RunID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	event, err := history.Next()
	if err != nil {
		return nil, err
	}
	if begun, err := hasBegun(history); begun || err != nil {
		return nil, cmp.Or(err, error(serviceerror.NewFailedPrecondition("its workflow tasks failed, so Temporal refuses to query it, and nobody can tell what it has paid for: "+
			"start workers that can run it, reset it to its last completed workflow task, and cancel it")))
	}
	var in struct {
		Resume *Child `json:"resume"`
	}
	arguments := event.GetWorkflowExecutionStartedEventAttributes().GetInput()
	if err := converter.GetDefaultDataConverter().FromPayloads(arguments, &in); err != nil {
		return nil, serviceerror.NewNotFound("no worker had started it, and what it was to resume cannot be read: resume that run in place of it")
	}
	if in.Resume != nil {
		in.Resume.WorkflowID = cmp.Or(in.Resume.WorkflowID, of.WorkflowID)
	}
	return in.Resume, nil
}

// hasBegun reports whether a worker has completed a workflow task.
func hasBegun(history client.HistoryEventIterator) (bool, error) {
	for history.HasNext() {
		event, err := history.Next()
		if err != nil || event.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			return err == nil, err
		}
	}
	return false, nil
}
