package generate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/exit"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/runs"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/screen"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

func resultCommand(p *session.Program) *cobra.Command {
	var o options
	var runID string
	cmd := &cobra.Command{
		Use: "result ID", Short: "Wait for a generation and print or download its outputs", Args: cobra.ExactArgs(1),
		Long: `Wait for a generation, given its workflow id, and print or download its outputs.
Ctrl-C only stops watching: the generation continues.

` + exit.Codes,
		RunE: p.Connected(func(ctx context.Context, s *session.Session, args []string) error {
			if err := o.Prepare(); err != nil {
				return exit.With(exit.Usage, err)
			}
			info, err := describeGeneration(ctx, s, args[0], runID)
			if err != nil {
				return err
			}
			return await(ctx, s, s.Client.GetWorkflow(ctx, args[0], info.GetExecution().GetRunId()), o)
		}),
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.BoolVar(&o.json, "json", false, "print the result as one JSON object")
	o.Flags.Add(flags)
	flags.StringVar(&runID, "run-id", "", "an earlier run of the workflow id (default the latest)")
	return cmd
}

func listCommand(p *session.Program) *cobra.Command {
	var filter string
	var limit int
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "List generations, newest first", Args: cobra.NoArgs,
		Long: `List standalone generations, newest first. Generations inside other workflows are not
listed. A filter is a Temporal list filter, such as 'ExecutionStatus = "Failed"'.`,
		RunE: p.Connected(func(ctx context.Context, s *session.Session, _ []string) error {
			if limit < 1 {
				return exit.With(exit.Usage, errors.New("--limit: must be at least 1"))
			}
			infos, err := runs.Newest(ctx, s, generation.WorkflowName, filter, limit)
			if err != nil {
				return exit.With(exit.Failure, err)
			}
			all := make([]runs.Entry, len(infos))
			for i, info := range infos {
				all[i] = runs.NewEntry(s, info)
			}
			if asJSON {
				return s.PrintJSON(all)
			}
			table := screen.NewTable(s.Out)
			fmt.Fprintln(table, "ID\tMODEL\tSTATUS\tSTARTED\tTIME")
			for _, g := range all {
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", screen.Cell(g.WorkflowID), screen.Cell(screen.Dash(g.Model)), g.Status, g.Started.Local().Format("2006-01-02 15:04:05"), g.Took(time.Now()))
			}
			return exit.With(exit.Failure, table.Flush())
		}),
	}
	runs.AddListFlags(cmd, &filter, &limit, &asJSON)
	return cmd
}

func cancelCommand(p *session.Program) *cobra.Command {
	return &cobra.Command{
		Use: "cancel ID", Short: "Cancel a generation", Args: cobra.ExactArgs(1),
		Long: `Cancel a generation, given its workflow id. A prediction that WaveSpeed has already
accepted continues there and is billed, because WaveSpeed cannot stop one. Fetch its result
later with: generate MODEL --adopt PREDICTION --wait`,
		RunE: p.Connected(func(ctx context.Context, s *session.Session, args []string) error {
			info, err := describeGeneration(ctx, s, args[0], "")
			if err != nil {
				return err
			}
			if !runs.IsRunning(info.GetStatus()) {
				return exit.With(exit.Usage, fmt.Errorf("%s has already ended (%s)", args[0], info.GetStatus()))
			}
			if err := s.Client.CancelWorkflow(ctx, args[0], info.GetExecution().GetRunId()); err != nil {
				return exit.With(exit.Failure, err)
			}
			fmt.Fprintf(s.Err, "%s: cancellation requested. Check the outcome with: wavespeed-temporal generate status %s\n", args[0], args[0])
			return nil
		}),
	}
}
