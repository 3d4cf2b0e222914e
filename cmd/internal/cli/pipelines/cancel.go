package pipelines

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/exit"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/runs"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
)

func cancel(p *session.Program) *cobra.Command {
	return &cobra.Command{
		Use: "cancel RUN", Short: "Cancel a run; paid results are kept", Args: cobra.ExactArgs(1),
		Long: `Cancel a run. Accepted predictions continue at WaveSpeed, which cannot stop them, and are
billed; a rerun fetches their results.`,
		RunE: p.Connected(func(ctx context.Context, s *session.Session, args []string) error {
			described, err := runs.Describe(ctx, s, args[0], "")
			if err != nil {
				return exit.With(exit.Failure, runs.Missing(args[0], err))
			}
			if status := described.GetWorkflowExecutionInfo().GetStatus(); status != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
				return exit.With(exit.Usage, fmt.Errorf("%s has already ended (%s)", args[0], status))
			}
			if err := s.Client.CancelWorkflow(ctx, args[0], ""); err != nil {
				return exit.With(exit.Failure, err)
			}
			fmt.Fprintf(s.Err, "%s: cancellation requested. Once it has ended, resume it with: wavespeed-temporal pipeline rerun %s\n", args[0], args[0])
			return nil
		}),
	}
}
