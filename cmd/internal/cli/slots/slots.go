package slots

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/exit"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/runs"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/config"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/limits"
)

const help = `Show and change an account's limits while everything runs. An account has limits if its
workers are given them, with WAVESPEED_LIMITS for the account "default". Submits then wait
for a slot instead of being refused.

  wavespeed-temporal limits show
  wavespeed-temporal limits set silver
  wavespeed-temporal limits set running=2 images=5 videos=2
  wavespeed-temporal limits set running=0        # pauses the account
  wavespeed-temporal limits reset                # returns to the limits of the workers

` + exit.Codes

// Command is limits, with all that is below it.
func Command(p *session.Program) *cobra.Command {
	cmd := &cobra.Command{
		Use: "limits", Short: "Show and change an account's limits, or pause it", Long: help,
		Args: cobra.NoArgs, // a subcommand follows, or an unknown word
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(show(p), set(p), reset(p))
	return cmd
}

func addAccount(flags *pflag.FlagSet, account *string) {
	flags.SortFlags = false
	flags.StringVar(account, "account", generation.DefaultAccount, "`name` of the account")
}

// explain says what to do about an error of package limits.
func explain(s *session.Session, account string, err error) error {
	switch {
	case errors.Is(err, limits.ErrNoKeeper):
		err = fmt.Errorf("no limits are kept for the account %s in the namespace %s. Give its workers limits (%s, or worker.Options in Go); "+
			"they are kept from the first submit on", account, s.Options.Namespace, config.LimitsVariable(account))
	case runs.NoWorker(err):
		err = fmt.Errorf("the account %s: the workflow that keeps its limits does not answer; no worker is running for it, or the workers are overloaded", account)
	}
	return exit.With(exit.Failure, err)
}

// usage asks the account's keeper.
func usage(ctx context.Context, s *session.Session, account string) (limits.Usage, error) {
	ctx, cancel := context.WithTimeout(ctx, runs.AskTimeout)
	defer cancel()
	got, err := limits.Show(ctx, s.Client, account)
	return got, explain(s, account, err)
}
