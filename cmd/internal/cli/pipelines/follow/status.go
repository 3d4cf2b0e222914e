package follow

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/exit"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/failing"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/resolve"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/runs"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
)

// Status is pipeline status.
func Status(p *session.Program) *cobra.Command {
	var watch, asJSON bool
	var runID string
	cmd := &cobra.Command{
		Use: "status RUN", Short: "Show the state of a run", Args: cobra.ExactArgs(1),
		RunE: p.Connected(func(ctx context.Context, s *session.Session, args []string) error {
			if watch {
				return Finish(ctx, s, s.Client.GetWorkflow(ctx, args[0], runID), Ending{JSON: asJSON})
			}
			status, err := runs.Status(ctx, s, args[0], runID)
			switch {
			case runs.NoWorker(err):
				return exit.With(exit.Failure, fmt.Errorf("%s does not answer: no worker is running for it", args[0]))
			case err != nil:
				return exit.With(exit.Failure, runs.Missing(args[0], err))
			}
			if asJSON {
				return s.PrintJSON(status)
			}
			repeated := failing.Text(failing.Of(ctx, s, args[0], runID))
			_, err = fmt.Fprint(s.Out, table(status, time.Now())+decided(status)+repeated+toDo(args[0], status)+resolve.Below(ctx, s, args[0], runID).String())
			return exit.With(exit.Failure, err)
		}),
	}
	cmd.Flags().BoolVarP(&watch, "watch", "w", false, "watch the run until it ends; Ctrl-C only stops watching")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the status as one JSON object")
	cmd.Flags().StringVar(&runID, "run-id", "", "an earlier run of the workflow id (default the latest)")
	return cmd
}
