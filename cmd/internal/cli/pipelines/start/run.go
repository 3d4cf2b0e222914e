package start

import (
	"cmp"
	"context"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/exit"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/pipelines/follow"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/values"
)

// runOptions are the flags of run.
type runOptions struct {
	id     string
	budget budgetFlag
	yes    bool
	detach bool
	follow.Ending
}

// Run is pipeline run.
func Run(p *session.Program) *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use: "run FILE [name=value …]", Short: "Run a pipeline and watch it", Args: cobra.MinimumNArgs(1),
		Long: `Run a pipeline and watch it. The command first checks the pipeline, like validate, and shows
the estimate. The run isn't started if the balance is below the lower end of the estimate.

On a terminal, run asks before it starts a run that may cost more than
PIPELINE_ASK_ABOVE, or more than the balance. Elsewhere it never asks: it refuses a run
that may cost more than the balance, and starts all others. --yes starts both.

Ctrl-C only stops watching: the run continues.

` + exit.Codes,
		RunE: p.Connected(func(ctx context.Context, s *session.Session, args []string) error {
			if err := o.Prepare(); err != nil {
				return exit.With(exit.Usage, err)
			}
			in, result, err := checked(ctx, s, args, o.budget)
			if err != nil {
				return err
			}
			if err := agree(ctx, s, result.Report.Estimate, in, o.yes); err != nil {
				return err
			}
			if err := values.UploadInputs(ctx, s, in.Pipeline, result.Given); err != nil {
				return exit.With(exit.Failure, err)
			}
			id := cmp.Or(o.id, "pipeline-"+in.Pipeline.Name+"-"+uuid.NewString()[:8])
			run, err := start(ctx, s, id, in, enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE)
			if err != nil {
				return err
			}
			return show(ctx, s, run, o.detach, o.Ending)
		}),
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&o.id, "id", "", "workflow id of the run (default a new one)")
	o.budget.add(flags, "maximum cost of the run, in `USD` (default as in the pipeline)")
	flags.BoolVarP(&o.yes, "yes", "y", false, "start without asking, even if the balance may not cover the run")
	flags.BoolVarP(&o.detach, "detach", "d", false, "don't wait for the run to end")
	o.Ending.Add(flags)
	return cmd
}
