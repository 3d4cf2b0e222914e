package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// generationStatus is what generate status prints as JSON.
type generationStatus struct {
	listed
	Generations []generation.Status `json:"generations"`
}

func (p *program) generateStatus() *cobra.Command {
	var runID string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "status ID", Short: "Show a generation's state, prediction, and outputs", Args: cobra.ExactArgs(1),
		Long: `Show the state, prediction, and outputs of a generation, which is named by its workflow id.
Of a workflow of your own, it shows all generations.`,
		RunE: p.connected(func(ctx context.Context, s session, args []string) error {
			info, err := s.describe(ctx, args[0], runID)
			if err != nil {
				return err
			}
			status := generationStatus{listed: s.listed(info), Generations: []generation.Status{}}
			statuses, err := s.standing(ctx, info)
			if err != nil {
				return failure(exitFailure, err)
			}
			status.Generations = append(status.Generations, statuses...)
			if asJSON {
				return p.printJSON(status)
			}
			text := status.text(time.Now())
			if isRunning(info.GetStatus()) {
				text += failingText(failingOf(ctx, s.client, s.options.FailureConverter, args[0], runID)) + s.undecided(ctx, args[0], runID)
			}
			_, err = fmt.Fprint(p.Out, text)
			return failure(exitFailure, err)
		}),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print all that is known as one JSON object")
	cmd.Flags().StringVar(&runID, "run-id", "", "an earlier run of the workflow id (default the latest)")
	return cmd
}

// standing is how a workflow's generations stand. One that has ended and was a single
// generation is read from its history, which needs no worker.
func (s session) standing(ctx context.Context, info *workflowpb.WorkflowExecutionInfo) ([]generation.Status, error) {
	if isRunning(info.GetStatus()) || info.GetType().GetName() != generation.WorkflowName {
		return s.generations(ctx, info)
	}
	var result generation.Result
	err := s.client.GetWorkflow(ctx, info.GetExecution().GetWorkflowId(), info.GetExecution().GetRunId()).Get(ctx, &result)
	if err == nil {
		return []generation.Status{{
			Key: result.Key, Model: result.Model, Account: result.Account, State: generation.StateCompleted, Attempts: result.Attempts,
			Outputs: result.Outputs, Omitted: result.Omitted, NSFW: result.NSFW, InferenceMS: result.InferenceMS,
		}}, nil
	}
	var status generation.Status
	var failed *temporal.ApplicationError
	if errors.As(err, &failed) && failed.Details(&status) == nil && status.Model != "" {
		return []generation.Status{status}, nil
	}
	return s.generations(ctx, info)
}

// text is a generation as people read it.
func (g generationStatus) text(now time.Time) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s · %s · %s\n", cell(g.WorkflowID), g.Status, g.took(now))
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "KEY\tSTATE\tMODEL\tATTEMPTS\tPREDICTION\tOUTPUTS")
	for _, status := range g.Generations {
		rows(table, []string{cell(status.Key), string(status.State), cell(status.Model), dash(number(len(status.Attempts))), dash(status.PredictionID())},
			outputCells(status.Outputs, status.Omitted))
	}
	_ = table.Flush()
	for _, status := range g.Generations {
		if reason := status.Reason(); reason != "" {
			fmt.Fprintf(&text, "%s: %s\n", cell(status.Key), cell(reason))
		}
	}
	return text.String()
}

func (p *program) generateResult() *cobra.Command {
	var o generateOptions
	var runID string
	cmd := &cobra.Command{
		Use: "result ID", Short: "Wait for a generation and print or download its outputs", Args: cobra.ExactArgs(1),
		Long: `Wait for a generation, which is named by its workflow id, and print or download its
outputs. Ctrl-C only stops watching: the generation continues.

` + exitCodes,
		RunE: p.connected(func(ctx context.Context, s session, args []string) error {
			if err := o.prepare(); err != nil {
				return failure(exitUsage, err)
			}
			info, err := s.describeGeneration(ctx, args[0], runID)
			if err != nil {
				return err
			}
			return p.await(ctx, s, s.client.GetWorkflow(ctx, args[0], info.GetExecution().GetRunId()), o)
		}),
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.BoolVar(&o.json, "json", false, "print the result as one JSON object")
	o.saving.add(flags)
	flags.StringVar(&runID, "run-id", "", "an earlier run of the workflow id (default the latest)")
	return cmd
}

func (p *program) generateList() *cobra.Command {
	var filter string
	var limit int
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "List generations, newest first", Args: cobra.NoArgs,
		Long: `List generations, newest first: those that ran as workflows of their own. A filter is one
of Temporal's list filters, such as 'ExecutionStatus = "Failed"'.`,
		RunE: p.connected(func(ctx context.Context, s session, _ []string) error {
			if limit < 1 {
				return failure(exitUsage, errors.New("--limit: must be at least 1"))
			}
			infos, err := s.newest(ctx, generation.WorkflowName, filter, limit)
			if err != nil {
				return failure(exitFailure, err)
			}
			all := make([]listed, len(infos))
			for i, info := range infos {
				all[i] = s.listed(info)
			}
			if asJSON {
				return p.printJSON(all)
			}
			table := tabwriter.NewWriter(p.Out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "ID\tMODEL\tSTATUS\tSTARTED\tTIME")
			for _, g := range all {
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", cell(g.WorkflowID), cell(dash(g.Model)), g.Status, g.Started.Local().Format("2006-01-02 15:04:05"), g.took(time.Now()))
			}
			return failure(exitFailure, table.Flush())
		}),
	}
	addListFlags(cmd, &filter, &limit, &asJSON)
	return cmd
}

func (p *program) generateCancel() *cobra.Command {
	return &cobra.Command{
		Use: "cancel ID", Short: "Cancel a generation", Args: cobra.ExactArgs(1),
		Long: `Cancel a generation, which is named by its workflow id. A prediction that WaveSpeed has
accepted continues there and is billed, because WaveSpeed cannot stop one. Fetch its result
later with: generate MODEL --adopt PREDICTION --wait`,
		RunE: p.connected(func(ctx context.Context, s session, args []string) error {
			info, err := s.describeGeneration(ctx, args[0], "")
			if err != nil {
				return err
			}
			if !isRunning(info.GetStatus()) {
				return failure(exitUsage, fmt.Errorf("%s has ended: it is %s", args[0], info.GetStatus()))
			}
			if err := s.client.CancelWorkflow(ctx, args[0], info.GetExecution().GetRunId()); err != nil {
				return failure(exitFailure, err)
			}
			fmt.Fprintf(p.Err, "%s: cancellation requested. See how it ends with: wavespeed-temporal generate status %s\n", args[0], args[0])
			return nil
		}),
	}
}

// describe reads what Temporal knows of a workflow.
func (s session) describe(ctx context.Context, id, runID string) (*workflowpb.WorkflowExecutionInfo, error) {
	described, err := s.client.DescribeWorkflowExecution(ctx, id, runID)
	var notFound *serviceerror.NotFound
	switch {
	case errors.As(err, &notFound):
		return nil, failure(exitFailure, fmt.Errorf("there is no generation %s. List them with: wavespeed-temporal generate list", id))
	case err != nil:
		return nil, failure(exitFailure, err)
	}
	info := described.GetWorkflowExecutionInfo()
	if info.GetType().GetName() == pipeline.WorkflowName {
		return nil, failure(exitUsage, fmt.Errorf("%s is a run of a pipeline. Use: wavespeed-temporal pipeline status %s", id, id))
	}
	return info, nil
}

// describeGeneration is describe for a workflow that is one generation.
func (s session) describeGeneration(ctx context.Context, id, runID string) (*workflowpb.WorkflowExecutionInfo, error) {
	info, err := s.describe(ctx, id, runID)
	if err != nil {
		return nil, err
	}
	if name := info.GetType().GetName(); name != generation.WorkflowName {
		return nil, failure(exitUsage, fmt.Errorf("%s is a run of %s, not a generation. See the generations in it with: wavespeed-temporal generate status %s", id, name, id))
	}
	return info, nil
}
