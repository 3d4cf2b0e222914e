package pipelines

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/exit"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/pipelines/check"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/screen"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

func validate(p *session.Program) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "validate FILE [name=value …]", Short: "Report all problems in a pipeline, and estimate its cost", Args: cobra.MinimumNArgs(1),
		Long: `Report all problems in a pipeline, with file, line and column. It checks the form,
references, types and cycles. With an API key, it also checks that models exist and accept
their inputs, and shows prices and the balance. Nothing is submitted. It exits with 2 if
there is a problem. Inputs that you don't give are not checked.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := p.Open()
			if err != nil {
				return err
			}
			result, err := check.File(cmd.Context(), s, args, nil, false)
			if err == nil {
				if err = exit.With(exit.Usage, check.Covered(result.Report.Estimate, pipeline.Request{Pipeline: result.File.Definition})); err != nil {
					result.Report.Problems = pipeline.Problems{{Message: err.Error()}}
				}
			}
			result.Report.Shapes = nil // only the run needs them
			if asJSON && result.File != nil {
				if printErr := p.PrintJSON(result.Report); printErr != nil {
					return printErr
				}
				if len(result.Report.Problems) > 0 {
					return &exit.Error{Code: exit.Usage}
				}
			}
			if err != nil && !errors.Is(err, check.ErrNotChecked) {
				return err
			}
			if !asJSON {
				fmt.Fprintf(p.Out, "%s is valid: %s%s\n", args[0], screen.Plural(len(result.Plan.Steps), "step"), check.CostText(result.Report.Estimate))
				check.TellMissing(s, result)
			}
			if err != nil {
				fmt.Fprintln(p.Err, "warning:", err)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print problems and estimate as one JSON object")
	return cmd
}
