package runs

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/api/serviceerror"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// Filter is a part of what a run has made.
type Filter struct {
	RunID  string // "" for the latest
	Step   string // "" for all
	Failed bool   // only what has failed
}

// Results are what a run has made, page by page, with what its children have made.
func Results(ctx context.Context, s *session.Session, id string, o Filter) ([]pipeline.StepResults, error) {
	var all []pipeline.StepResults
	for from := (&pipeline.Cursor{}); from != nil; {
		page, err := resultsPage(ctx, s, id, o.RunID, *from)
		if err != nil {
			return nil, err
		}
		for _, step := range page.Steps {
			if o.Step != "" && o.Step != step.ID {
				continue
			}
			if err := addChildren(ctx, s, &step); err != nil {
				return nil, err
			}
			step.Items = wanted(step.Items, o.Failed)
			if last := len(all) - 1; last >= 0 && all[last].ID == step.ID {
				all[last].Items = append(all[last].Items, step.Items...)
				all[last].Children = append(all[last].Children, step.Children...)
				continue
			}
			all = append(all, step)
		}
		from = page.Next
	}
	return all, nil
}

// addChildren adds to a step's items those that its child workflows hold.
func addChildren(ctx context.Context, s *session.Session, step *pipeline.StepResults) error {
	for _, child := range step.Children {
		made, err := resultsPage(ctx, s, child.WorkflowID, child.RunID, pipeline.Cursor{})
		if notFound := (*serviceerror.NotFound)(nil); errors.As(err, &notFound) {
			continue // it has not started
		}
		if err != nil {
			return fmt.Errorf("of %s: %w", child.WorkflowID, err)
		}
		for _, inner := range made.Steps {
			step.Items = append(step.Items, inner.Items...)
		}
	}
	return nil
}

// resultsPage is a page of what a run has made, or of what it resumes and has not read yet.
func resultsPage(ctx context.Context, s *session.Session, id, runID string, from pipeline.Cursor) (pipeline.Page, error) {
	page, err := Page(ctx, s, id, runID, from)
	if err == nil && page.Before != nil {
		return resultsPage(ctx, s, page.Before.WorkflowID, page.Before.RunID, from)
	}
	return page, err
}

// Page asks a run itself for a page of what it has made.
func Page(ctx context.Context, s *session.Session, id, runID string, from pipeline.Cursor) (page pipeline.Page, err error) {
	ctx, cancel := context.WithTimeout(ctx, AskTimeout)
	defer cancel()
	answer, err := s.Client.QueryWorkflow(ctx, id, runID, pipeline.ResultsQuery, from)
	if err == nil {
		err = answer.Get(&page)
	}
	return page, err
}

func wanted(items []pipeline.ItemResult, failed bool) []pipeline.ItemResult {
	if !failed {
		return items
	}
	var kept []pipeline.ItemResult
	for _, item := range items {
		if item.State == pipeline.StepFailed {
			kept = append(kept, item)
		}
	}
	return kept
}
