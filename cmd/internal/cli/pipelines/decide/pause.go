package decide

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// Pause is pipeline pause.
func Pause(p *session.Program) *cobra.Command {
	return &cobra.Command{
		Use: "pause RUN", Short: "Pause a run: it submits nothing new until you resume it", Args: cobra.ExactArgs(1),
		Long: `Pause a run. It submits nothing new until you resume it. Running predictions are collected,
and approvals can be decided. The time does not count towards the timeouts of steps, but it
does towards those of approvals.`,
		RunE: p.Connected(func(ctx context.Context, s *session.Session, args []string) error {
			if _, err := pipeline.Open(s.Client, args[0], "").Pause(ctx); err != nil {
				return refused(args[0], err, "")
			}
			fmt.Fprintf(s.Err, "%s: paused; running predictions are collected. Continue with: wavespeed-temporal pipeline resume %s\n", args[0], args[0])
			return nil
		}),
	}
}

// Resume is pipeline resume.
func Resume(p *session.Program) *cobra.Command {
	return &cobra.Command{
		Use: "resume RUN", Short: "Let a paused run continue, or one that waits for a top-up check now", Args: cobra.ExactArgs(1),
		RunE: p.Connected(func(ctx context.Context, s *session.Session, args []string) error {
			if _, err := pipeline.Open(s.Client, args[0], "").Resume(ctx); err != nil {
				return refused(args[0], err, "")
			}
			fmt.Fprintf(s.Err, "%s: resumed\n", args[0])
			return nil
		}),
	}
}
