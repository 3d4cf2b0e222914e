package generate

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/exit"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/failing"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/resolve"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/runs"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/screen"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/record"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// shown is what generate status prints as JSON.
type shown struct {
	runs.Entry
	Generations []generation.Status `json:"generations"`
}

func statusCommand(p *session.Program) *cobra.Command {
	var runID string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "status ID", Short: "Show a generation's state, prediction, and outputs", Args: cobra.ExactArgs(1),
		Long: `Show the state, prediction, and outputs of a generation, given its workflow id. For a
workflow of your own, it shows all its generations.`,
		RunE: p.Connected(func(ctx context.Context, s *session.Session, args []string) error {
			info, err := describe(ctx, s, args[0], runID)
			if err != nil {
				return err
			}
			status := shown{Entry: runs.NewEntry(s, info), Generations: []generation.Status{}}
			statuses, err := standing(ctx, s, info)
			if err != nil {
				return exit.With(exit.Failure, err)
			}
			status.Generations = append(status.Generations, statuses...)
			if asJSON {
				return s.PrintJSON(status)
			}
			text := status.text(time.Now())
			if runs.IsRunning(info.GetStatus()) {
				text += failing.Text(failing.Of(ctx, s, args[0], runID)) + resolve.Below(ctx, s, args[0], runID).String()
			}
			_, err = fmt.Fprint(s.Out, text)
			return exit.With(exit.Failure, err)
		}),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print all details as one JSON object")
	cmd.Flags().StringVar(&runID, "run-id", "", "an earlier run of the workflow id (default the latest)")
	return cmd
}

// standing reads the state of a workflow's generations. A finished standalone generation is
// read from its history, which needs no worker.
func standing(ctx context.Context, s *session.Session, info *workflowpb.WorkflowExecutionInfo) ([]generation.Status, error) {
	if runs.IsRunning(info.GetStatus()) || info.GetType().GetName() != generation.WorkflowName {
		return runs.Generations(ctx, s, info)
	}
	var result generation.Result
	err := s.Client.GetWorkflow(ctx, info.GetExecution().GetWorkflowId(), info.GetExecution().GetRunId()).Get(ctx, &result)
	if err == nil {
		return []generation.Status{{
			Key: result.Key, Model: result.Model, Account: result.Account, State: generation.StateCompleted, Attempts: result.Attempts,
			Produced: result.Produced,
		}}, nil
	}
	var status generation.Status
	var failed *temporal.ApplicationError
	if errors.As(err, &failed) && failed.Details(&status) == nil && status.Model != "" {
		return []generation.Status{status}, nil
	}
	return runs.Generations(ctx, s, info)
}

// text is a generation as people read it.
func (g shown) text(now time.Time) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s · %s · %s\n", screen.Cell(g.WorkflowID), g.Status, g.Took(now))
	table := screen.NewTable(&text)
	fmt.Fprintln(table, "KEY\tSTATE\tMODEL\tATTEMPTS\tPREDICTION\tOUTPUTS")
	for _, status := range g.Generations {
		screen.Rows(table, []string{screen.Cell(status.Key), string(status.State), screen.Cell(status.Model), screen.Dash(screen.Number(len(status.Attempts))), screen.Dash(status.PredictionID())},
			screen.Outputs(status.Outputs, status.Omitted))
	}
	_ = table.Flush()
	for _, status := range g.Generations {
		if reason := record.Reason(status); reason != "" {
			fmt.Fprintf(&text, "%s: %s\n", screen.Cell(status.Key), screen.Cell(reason))
		}
	}
	return text.String()
}

// describe reads what Temporal knows about a workflow.
func describe(ctx context.Context, s *session.Session, id, runID string) (*workflowpb.WorkflowExecutionInfo, error) {
	described, err := runs.Describe(ctx, s, id, runID)
	var notFound *serviceerror.NotFound
	switch {
	case errors.As(err, &notFound):
		return nil, exit.With(exit.Failure, fmt.Errorf("there is no generation %s. List them with: wavespeed-temporal generate list", id))
	case err != nil:
		return nil, exit.With(exit.Failure, err)
	}
	info := described.GetWorkflowExecutionInfo()
	if info.GetType().GetName() == pipeline.WorkflowName {
		return nil, exit.With(exit.Usage, fmt.Errorf("%s is a run of a pipeline. Use: wavespeed-temporal pipeline status %s", id, id))
	}
	return info, nil
}

// describeGeneration is describe for a workflow that is a single generation.
func describeGeneration(ctx context.Context, s *session.Session, id, runID string) (*workflowpb.WorkflowExecutionInfo, error) {
	info, err := describe(ctx, s, id, runID)
	if err != nil {
		return nil, err
	}
	if name := info.GetType().GetName(); name != generation.WorkflowName {
		return nil, exit.With(exit.Usage, fmt.Errorf("%s is a workflow of type %s, not a generation. See its generations with: wavespeed-temporal generate status %s", id, name, id))
	}
	return info, nil
}
