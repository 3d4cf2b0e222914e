package pipelines

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/exit"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/pipelines/check"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/screen"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runview"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

func price(p *session.Program) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "price FILE [name=value …]", Short: "Estimate what a run will cost, by step", Args: cobra.MinimumNArgs(1),
		Long: `Estimate what a run will cost, using the provider's own prices. The estimate is a range if
the steps or the number of items depend on the run. The upper end includes fallback models.
If a price has no upper bound, the estimate says "at least".`,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := p.Open()
			if err != nil {
				return err
			}
			result, err := check.File(cmd.Context(), s, args, nil, false)
			if errors.Is(err, check.ErrNotChecked) {
				return exit.With(exit.Usage, errors.New("prices require an API key: set WAVESPEED_API_KEY"))
			}
			if err != nil {
				return err
			}
			if asJSON {
				err = p.PrintJSON(result.Report.Estimate)
			} else {
				err = printEstimate(s, result.Report.Estimate)
				check.TellMissing(s, result)
			}
			return exit.With(exit.Failure, cmp.Or(err, unpriced(result.Report.Estimate)))
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the estimate as one JSON object")
	return cmd
}

// unpriced returns an error if the estimate lacks prices.
func unpriced(e *pipeline.Estimate) error {
	n := 0
	for _, step := range e.Steps {
		if step.Unpriced != "" {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return fmt.Errorf("no price is available for %s", screen.Plural(n, "step"))
}

func printEstimate(s *session.Session, e *pipeline.Estimate) error {
	table := screen.NewTable(s.Out)
	fmt.Fprintln(table, "STEP\tMODEL\tITEMS\tEACH\tTOTAL\t")
	for _, step := range e.Steps {
		items, each, total, note := itemsText(step), step.Each.String(), totalText(step), ""
		switch {
		case step.Unpriced != "":
			each, total, note = "?", "?", step.Unpriced
		case step.Unknown:
			note = "the number of items is known only during the run"
		case step.AtLeast:
			note = "the price depends on an earlier step's output"
		case step.Items == 0 && step.MostItems == 0:
			note = "skipped: its if is false, or it has no items"
		case step.Sampled > 0:
			note = fmt.Sprintf("estimated from %d of the items", step.Sampled)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", step.ID, step.Model, items, each, total, note)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	text := "\nTotal: " + runview.Estimate(*e) + "."
	if e.Balance != nil {
		text += " The balance is " + e.Balance.String() + "."
	}
	_, err := fmt.Fprintln(s.Out, text)
	return err
}

func itemsText(step pipeline.StepEstimate) string {
	switch {
	case step.Unknown:
		return fmt.Sprintf("%d or more", step.Items)
	case step.MostItems > 0:
		return fmt.Sprintf("%d to %d", step.Items, step.MostItems)
	default:
		return fmt.Sprint(step.Items)
	}
}

func totalText(step pipeline.StepEstimate) string {
	switch most, known := runwire.Upper(step.Total, step.Most, step.AtLeast); {
	case !known:
		return step.Total.String() + " or more"
	case most != step.Total:
		return step.Total.String() + " to " + most.String()
	default:
		return step.Total.String()
	}
}
