package made

import (
	"cmp"
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/exit"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/runs"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/save"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/screen"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/record"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// resultsOptions are the flags of results.
type resultsOptions struct {
	runs.Filter
	save.Flags
	json bool
}

// Results is pipeline results.
func Results(p *session.Program) *cobra.Command {
	var o resultsOptions
	cmd := &cobra.Command{
		Use: "results RUN", Short: "List a run's results, item by item, and download them", Args: cobra.ExactArgs(1),
		Long: `List a run's results so far, item by item: state, model, prediction, outputs, and why an
item failed. It works on open runs and on ended ones, whatever their outcome.

With --output it downloads everything. Files are named after step, item, and position, such as
shots-0007-mug-ivory.png, and existing files are kept.

` + exit.Codes,
		RunE: p.Connected(func(ctx context.Context, s *session.Session, args []string) error {
			if err := o.Prepare(); err != nil {
				return exit.With(exit.Usage, err)
			}
			steps, err := runs.Results(ctx, s, args[0], o.Filter)
			if err != nil {
				return exit.With(exit.Failure, runs.Missing(args[0], err))
			}
			if o.Step != "" && len(steps) == 0 {
				return exit.With(exit.Usage, fmt.Errorf("--step: the run has no step %q", o.Step))
			}
			if o.json {
				err = s.PrintJSON(steps)
			} else {
				err = exit.With(exit.Failure, printResults(s, steps))
			}
			if err != nil || o.Output == "" {
				return err
			}
			saver, err := save.New(s, o.Flags, Again(args[0], o.RunID, o.Flags))
			if err != nil {
				return err
			}
			saveResults(ctx, saver, steps)
			return saver.End(ctx)
		}),
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&o.Step, "step", "", "show this `step` only")
	flags.BoolVar(&o.Failed, "failed", false, "show failed items only")
	flags.StringVar(&o.RunID, "run-id", "", "an earlier run of the workflow id (default the latest)")
	flags.BoolVar(&o.json, "json", false, "print all details as JSON")
	o.Flags.Add(flags)
	return cmd
}

func printResults(s *session.Session, steps []pipeline.StepResults) error {
	table := screen.NewTable(s.Out)
	fmt.Fprintln(table, "STEP\tITEM\tSTATE\tMODEL\tPREDICTION\tOUTPUTS")
	for _, step := range steps {
		for _, item := range step.Items {
			last := item.Last()
			screen.Rows(table, []string{step.ID, screen.Cell(screen.Dash(item.Key)), string(item.State), screen.Cell(screen.Dash(last.Model)), screen.Dash(last.PredictionID())}, outcome(item))
		}
	}
	return table.Flush()
}

// outcome returns an item's outputs, or why it has none.
func outcome(item pipeline.ItemResult) []string {
	last := item.Last()
	if outputs := screen.Outputs(last.Outputs, last.Omitted); len(outputs) > 0 {
		return outputs
	}
	return []string{screen.Cell(cmp.Or(item.Reason, record.Reason(last)))}
}
