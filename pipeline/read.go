package pipeline

import (
	"context"
	"fmt"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/pages"
)

// Results are what the run has made so far, step by step, also after its end and however it
// ended. They need a worker that answers. What its child workflows have made is in it. A run
// that was to resume another, and ended before it had read what that one made, gives the
// other's results.
func (r *Run) Results(ctx context.Context) ([]StepResults, error) {
	var all []StepResults
	for from := (&pages.Cursor{}); from != nil; {
		page, err := pages.Read[ItemResult](ctx, r.client, pages.Child{WorkflowID: r.workflowID, RunID: r.runID}, *from)
		if err != nil {
			return nil, fmt.Errorf("pipeline run %s: its results: %w", r.workflowID, err)
		}
		for _, step := range page.Steps {
			if last := len(all) - 1; last >= 0 && all[last].ID == step.ID {
				all[last].Items = append(all[last].Items, step.Items...)
				continue
			}
			all = append(all, StepResults{ID: step.ID, Input: step.Input, ItemInput: step.ItemInput, Items: step.Items, Approval: step.Approval})
		}
		from = page.Next
	}
	return all, nil
}
