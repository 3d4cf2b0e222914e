package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/markdown"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plaintext"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// resultsOptions are the flags of results.
type resultsOptions struct {
	step   string
	failed bool
	runID  string
	ending
}

func (p *program) pipelineResults() *cobra.Command {
	var o resultsOptions
	cmd := &cobra.Command{
		Use: "results RUN", Short: "List what a run has made, item by item, and download it", Args: cobra.ExactArgs(1),
		Long: `List what a run has made so far, item by item: state, model, prediction, outputs, and why
one failed. It works while the run is open and after its end, however it ended.

With --output it downloads everything. Files are named after step, item, and position, such as
shots-0007-mug-ivory.png, and existing files are kept.

` + exitCodes,
		RunE: p.connected(func(ctx context.Context, s session, args []string) error {
			if err := o.prepare(); err != nil {
				return failure(exitUsage, err)
			}
			steps, err := s.results(ctx, args[0], o)
			if err != nil {
				return failure(exitFailure, missing(args[0], err))
			}
			if o.step != "" && len(steps) == 0 {
				return failure(exitUsage, fmt.Errorf("--step: the run has no step %q", o.step))
			}
			if o.json {
				err = p.printJSON(steps)
			} else {
				err = failure(exitFailure, p.printResults(steps))
			}
			if err != nil || o.output == "" {
				return err
			}
			saver, err := p.newSaver(s.config, o.saving, againResults(args[0], o.runID, o.saving))
			if err != nil {
				return err
			}
			saver.saveResults(ctx, steps)
			return saver.end(ctx)
		}),
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&o.step, "step", "", "of this `step` only")
	flags.BoolVar(&o.failed, "failed", false, "only what has failed")
	flags.StringVar(&o.runID, "run-id", "", "an earlier run of the workflow id (default the latest)")
	flags.BoolVar(&o.json, "json", false, "print all that is known as JSON")
	o.saving.add(flags)
	return cmd
}

// results are what a run has made, page by page, with what its children have made.
func (s session) results(ctx context.Context, id string, o resultsOptions) ([]pipeline.StepResults, error) {
	var all []pipeline.StepResults
	for from := (&pipeline.Cursor{}); from != nil; {
		page, err := s.resultsPage(ctx, id, o.runID, *from)
		if err != nil {
			return nil, err
		}
		for _, step := range page.Steps {
			if o.step != "" && o.step != step.ID {
				continue
			}
			if err := s.addChildren(ctx, &step); err != nil {
				return nil, err
			}
			step.Items = wanted(step.Items, o.failed)
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
func (s session) addChildren(ctx context.Context, step *pipeline.StepResults) error {
	for _, child := range step.Children {
		made, err := s.resultsPage(ctx, child.WorkflowID, child.RunID, pipeline.Cursor{})
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

func (s session) resultsPage(ctx context.Context, id, runID string, from pipeline.Cursor) (page pipeline.Page, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	answer, err := s.client.QueryWorkflow(ctx, id, runID, pipeline.ResultsQuery, from)
	if err == nil {
		err = answer.Get(&page)
	}
	if err == nil && page.Before != nil {
		return s.resultsPage(ctx, page.Before.WorkflowID, page.Before.RunID, from)
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

func (p *program) printResults(steps []pipeline.StepResults) error {
	table := tabwriter.NewWriter(p.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "STEP\tITEM\tSTATE\tMODEL\tPREDICTION\tOUTPUTS")
	for _, step := range steps {
		for _, item := range step.Items {
			last := item.Last()
			rows(table, []string{step.ID, cell(dash(item.Key)), string(item.State), cell(dash(last.Model)), dash(last.PredictionID())}, outcome(item))
		}
	}
	return table.Flush()
}

// rows writes a row of a table, and one more for each further value of its last column.
func rows(table io.Writer, columns, last []string) {
	fmt.Fprintf(table, "%s\t%s\n", strings.Join(columns, "\t"), dash(strings.Join(last[:min(len(last), 1)], "")))
	for _, more := range last[min(len(last), 1):] {
		fmt.Fprintf(table, "%s%s\n", strings.Repeat("\t", len(columns)), more)
	}
}

// outcome is an item's outputs, or why there are none.
func outcome(item pipeline.ItemResult) []string {
	last := item.Last()
	if outputs := outputCells(last.Outputs, last.Omitted); len(outputs) > 0 {
		return outputs
	}
	return []string{cell(cmp.Or(item.Reason, last.Reason()))}
}

// maxCell is how many bytes of a text a table shows.
const maxCell = 200

// outputCells are outputs for a table: URLs whole, texts in one line.
func outputCells(outputs []generation.Output, omitted bool) []string {
	if omitted && len(outputs) == 0 {
		return []string{"too large to show"}
	}
	cells := make([]string, len(outputs))
	for i, output := range outputs {
		if cells[i] = cell(output.URL()); cells[i] == "" {
			cells[i] = cell(markdown.Clip(output.String(), maxCell))
		}
	}
	return cells
}

// cell is a text as a table can show it.
func cell(text string) string { return plaintext.Line(text) }

func (p *program) pipelineCancel() *cobra.Command {
	return &cobra.Command{
		Use: "cancel RUN", Short: "Cancel a run; what was paid for is kept", Args: cobra.ExactArgs(1),
		Long: `Cancel a run. Accepted predictions continue at WaveSpeed, which cannot stop them, and are
billed; a rerun fetches their results.`,
		RunE: p.connected(func(ctx context.Context, s session, args []string) error {
			described, err := s.client.DescribeWorkflowExecution(ctx, args[0], "")
			if err != nil {
				return failure(exitFailure, missing(args[0], err))
			}
			if status := described.GetWorkflowExecutionInfo().GetStatus(); status != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
				return failure(exitUsage, fmt.Errorf("%s has ended: it is %s", args[0], status))
			}
			if err := s.client.CancelWorkflow(ctx, args[0], ""); err != nil {
				return failure(exitFailure, err)
			}
			fmt.Fprintf(p.Err, "%s: cancellation requested. When it has ended, resume it with: wavespeed-temporal pipeline rerun %s\n", args[0], args[0])
			return nil
		}),
	}
}
