package pipelines

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/exit"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/runs"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/screen"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
)

func list(p *session.Program) *cobra.Command {
	var filter string
	var limit int
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "List runs of pipelines, newest first", Args: cobra.NoArgs,
		Long: `List runs of pipelines, newest first. STATE shows what open runs wait for: a person's
decision (approval), a larger budget or a top-up (held), or pipeline resume (paused). Those
runs are marked with *.

A filter is a Temporal list filter, such as 'ExecutionStatus = "Failed"' or
'WorkflowId STARTS_WITH "pipeline-film-"'; with search attributes also
'WavespeedState = "approval"'.

Without search attributes, each open run costs one query for its state.`,
		RunE: p.Connected(func(ctx context.Context, s *session.Session, _ []string) error {
			if limit < 1 {
				return exit.With(exit.Usage, errors.New("--limit: must be at least 1"))
			}
			entries, err := runs.Pipelines(ctx, s, filter, limit)
			if err != nil {
				return exit.With(exit.Failure, runs.AboutFilter(err))
			}
			runs.AddStates(ctx, s, entries)
			if asJSON {
				return s.PrintJSON(entries)
			}
			return exit.With(exit.Failure, printRuns(s, entries))
		}),
	}
	runs.AddListFlags(cmd, &filter, &limit, &asJSON)
	return cmd
}

func printRuns(s *session.Session, entries []runs.Entry) error {
	table := screen.NewTable(s.Out)
	fmt.Fprintln(table, "RUN\tPIPELINE\tSTATUS\tSTATE\tSTARTED\tTIME")
	waiting := 0
	for _, run := range entries {
		state := screen.Dash(run.State)
		if run.Waits {
			waiting++
			state = "* " + state
		}
		if len(run.Approvals) > 0 {
			state += " (" + strings.Join(run.Approvals, ", ") + ")"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", screen.Cell(run.WorkflowID), screen.Cell(screen.Dash(run.Pipeline)), run.Status, screen.Cell(state),
			run.Started.Local().Format("2006-01-02 15:04:05"), run.Took(time.Now()))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if waiting > 0 {
		verb := "wait"
		if waiting == 1 {
			verb = "waits"
		}
		fmt.Fprintf(s.Err, "* %s %s for a person. See what to decide with: wavespeed-temporal pipeline status RUN\n", screen.Plural(waiting, "run"), verb)
	}
	return nil
}
