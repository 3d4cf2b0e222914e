package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/markdown"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

func (p *program) pipelineRun() *cobra.Command {
	var o struct {
		id     string
		budget float64
		detach bool
		ending
	}
	cmd := &cobra.Command{
		Use: "run FILE [name=value …]", Short: "Run a pipeline, and watch it", Args: cobra.MinimumNArgs(1),
		Long: `Run a pipeline, and watch it. It is checked first, as by validate, and the balance must
cover the estimate. Ctrl-C only leaves off watching: the run goes on.

` + exitCodes,
		RunE: p.connected(func(ctx context.Context, s session, args []string) error {
			checked, err := p.check(ctx, s.config, args, true)
			if err != nil && !errors.Is(err, errNotChecked) {
				return err
			}
			in := pipeline.Run{Pipeline: checked.file.Definition, Inputs: checked.inputs, SearchAttributes: s.config.SearchAttributes}
			if o.budget > 0 {
				in.Budget = &o.budget
			}
			if err := covered(checked.report.Estimate, in); err != nil {
				return failure(exitUsage, err)
			}
			id := o.id
			if id == "" {
				id = newRunID(in.Pipeline.Name)
			}
			run, err := s.startPipeline(ctx, id, in)
			if err != nil {
				return failure(exitFailure, err)
			}
			p.announce(s.config, s.options.Namespace, run)
			if o.detach {
				if o.json {
					return p.printJSON(started{WorkflowID: run.GetID(), RunID: run.GetRunID()})
				}
				return nil
			}
			return p.finish(ctx, s, run, o.ending)
		}),
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&o.id, "id", "", "workflow id of the run (default a new one)")
	flags.Float64Var(&o.budget, "budget", 0, "cap on what the run may cost, in `USD` (default that of the pipeline)")
	flags.BoolVarP(&o.detach, "detach", "d", false, "do not wait for the run's end")
	flags.BoolVar(&o.json, "json", false, "print the result, or what was started, as one JSON object")
	flags.StringVarP(&o.output, "output", "o", "", "download the outputs into this `directory`")
	return cmd
}

// covered tells whether the balance covers what the run is likely to cost.
func covered(e *pipeline.Estimate, in pipeline.Run) error {
	if e == nil || e.Balance == nil {
		return nil
	}
	total := e.Total
	switch {
	case in.Budget != nil:
		total = min(total, *in.Budget)
	case in.Pipeline.Budget != nil:
		total = min(total, in.Pipeline.Budget.USD)
	}
	if *e.Balance < total {
		return fmt.Errorf("the balance of %s does not cover the estimate of %s: top up, or give a --budget", markdown.Dollars(*e.Balance), markdown.Dollars(total))
	}
	return nil
}

func newRunID(name string) string { return "pipeline-" + name + "-" + uuid.NewString()[:8] }

// memoPipeline is the memo with the pipeline's name, by which lists show it.
const memoPipeline = "pipeline"

func (s session) startPipeline(ctx context.Context, id string, in pipeline.Run) (client.WorkflowRun, error) {
	return s.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                                       id,
		TaskQueue:                                s.config.TaskQueue,
		StaticSummary:                            summaryOf(in),
		Memo:                                     map[string]any{memoPipeline: in.Pipeline.Name},
		WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
	}, pipeline.WorkflowName, in)
}

func summaryOf(in pipeline.Run) string {
	text := in.Pipeline.Name
	if in.Pipeline.Description != "" {
		text += ": " + in.Pipeline.Description
	}
	if in.Resume != nil {
		text += " (resumed)"
	}
	return markdown.Clip(text, 200)
}
