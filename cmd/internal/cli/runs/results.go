package runs

import (
	"context"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
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
	run := pipeline.Open(s.Client, id, o.RunID)
	var all []pipeline.StepResults
	for from := (&pipeline.Cursor{}); from != nil; {
		page, err := run.Page(ctx, *from, nil)
		if err != nil {
			return nil, err
		}
		for _, step := range page.Steps {
			if o.Step != "" && o.Step != step.ID {
				continue
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

// Page asks a run itself for a page of what it has made, and not the one that it resumes.
func Page(ctx context.Context, s *session.Session, id, runID string, from pipeline.Cursor) (page pipeline.Page, err error) {
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
