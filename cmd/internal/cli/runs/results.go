package runs

import (
	"context"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// Filter is a part of what a run has made.
type Filter struct {
	RunID  string // "" for the latest
	Step   string // "" for all
	Failed bool   // only what has failed
}

// Results are what a run and its children have made.
func Results(ctx context.Context, s *session.Session, id string, o Filter) ([]pipeline.StepResults, error) {
	all, err := pipeline.Open(s.Client, id, o.RunID).Results(ctx)
	if err != nil {
		return nil, err
	}
	var kept []pipeline.StepResults
	for _, step := range all {
		if o.Step == "" || o.Step == step.ID {
			step.Items = wanted(step.Items, o.Failed)
			kept = append(kept, step)
		}
	}
	return kept, nil
}

// Page asks a run itself for a page of what it has made, and not the one that it resumes.
func Page(ctx context.Context, s *session.Session, id, runID string, from runwire.Cursor) (page runwire.Page, err error) {
	ctx, cancel := context.WithTimeout(ctx, AskTimeout)
	defer cancel()
	answer, err := s.Client.QueryWorkflow(ctx, id, runID, wire.RunResultsQuery, from)
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
		if item.State == pipeline.StateFailed {
			kept = append(kept, item)
		}
	}
	return kept
}
