package slots

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/exit"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/runs"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/screen"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/limits"
)

func set(p *session.Program) *cobra.Command {
	var account string
	cmd := &cobra.Command{
		Use: "set LIMITS", Short: "Change an account's limits, or pause it", Args: cobra.MinimumNArgs(1),
		Long: `Change an account's limits while everything runs. LIMITS replaces all limits: a tier
(bronze, silver, gold, ultra), auto to learn how many may run, off for none, or numbers:

  running=N      predictions that run at once; 0 pauses the account
  per-minute=N   submits per minute, of all models
  images=N       submits per minute, of models that make images
  videos=N       submits per minute, of models that make videos

The change applies to new submits within seconds. Running predictions continue, and their
results are collected. The limits hold until "limits reset", or until workers start that are
given other limits than before.

` + exit.Codes,
		RunE: func(cmd *cobra.Command, args []string) error {
			text := strings.Join(args, ",")
			wanted, err := limits.Parse(text)
			if err != nil || strings.TrimSpace(text) == "" {
				return exit.With(exit.Usage, fmt.Errorf("LIMITS: %w", cause(err)))
			}
			return p.Connected(func(ctx context.Context, s *session.Session, _ []string) error {
				return change(ctx, s, account, func(ctx context.Context) error { return limits.Set(ctx, s.Client, account, wanted) })
			})(cmd, args)
		},
	}
	addAccount(cmd.Flags(), &account)
	return cmd
}

// cause is what is wrong with limits; they are empty if nothing is.
func cause(err error) error {
	if err == nil {
		return errors.New("is empty; for no limits, use off")
	}
	return errors.Unwrap(err)
}

func reset(p *session.Program) *cobra.Command {
	var account string
	cmd := &cobra.Command{
		Use: "reset", Short: "Return to the limits that the account's workers are given", Args: cobra.NoArgs,
		Long: `Return to the limits that the account's workers are given. This ends a pause.

` + exit.Codes,
		RunE: p.Connected(func(ctx context.Context, s *session.Session, _ []string) error {
			return change(ctx, s, account, func(ctx context.Context) error { return limits.Reset(ctx, s.Client, account) })
		}),
	}
	addAccount(cmd.Flags(), &account)
	return cmd
}

// change makes a change, and says what holds now.
func change(ctx context.Context, s *session.Session, account string, do func(context.Context) error) error {
	before, err := usage(ctx, s, account)
	if err != nil {
		return err
	}
	within, cancel := context.WithTimeout(ctx, 2*runs.AskTimeout)
	defer cancel()
	if err := do(within); err != nil {
		return explain(s, account, err)
	}
	after, err := usage(ctx, s, account)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.Err, "account %s: %s%s\n", screen.Cell(account), after.Limits, screen.If(before.Limits != after.Limits, fmt.Sprintf(" (was %s)", before.Limits)))
	fmt.Fprint(s.Err, paused(account, after))
	return nil
}

// paused says what an account's pause means, and how to end it; "" if it is not paused.
func paused(account string, u limits.Usage) string {
	if !u.Limits.Paused {
		return ""
	}
	command, arguments := "reset", ""
	if u.Workers.Paused || !u.Set {
		command, arguments = "set", " LIMITS"
	}
	if account != generation.DefaultAccount {
		arguments = " --account " + screen.Quote(account) + arguments
	}
	return fmt.Sprintf(`The account is paused: nothing is submitted. Submits wait, and that time doesn't count towards
their timeouts. Running predictions continue, and their results are collected. Continue with:
  wavespeed-temporal limits %s%s
`, command, arguments)
}
