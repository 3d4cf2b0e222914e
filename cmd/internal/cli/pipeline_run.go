package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/config"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/markdown"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// runOptions are the flags of run.
type runOptions struct {
	id     string
	budget budgetFlag
	yes    bool
	detach bool
	ending
}

func (p *program) pipelineRun() *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use: "run FILE [name=value …]", Short: "Run a pipeline, and watch it", Args: cobra.MinimumNArgs(1),
		Long: `Run a pipeline, and watch it. It is checked first, as by validate, and its estimate is
shown. The run isn't started if the balance is below the lower end of the estimate.

On a terminal, run asks before it starts a run that may cost more than
PIPELINE_ASK_ABOVE, or more than the balance. Elsewhere it never asks: it refuses a run
that may cost more than the balance, and starts all others. --yes starts both.

Ctrl-C only stops watching: the run continues.

` + exitCodes,
		RunE: p.connected(func(ctx context.Context, s session, args []string) error {
			if err := o.prepare(); err != nil {
				return failure(exitUsage, err)
			}
			in, _, err := p.prepareRun(ctx, s.config, args, o.budget, func(e *pipeline.Estimate, in pipeline.Request) error {
				return p.agree(ctx, e, in, s.config.AskAbove, o.yes)
			})
			if err != nil {
				return err
			}
			id := o.id
			if id == "" {
				id = newRunID(in.Pipeline.Name)
			}
			run, err := s.startPipeline(ctx, id, in, enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE)
			if err != nil {
				return err
			}
			return p.started(ctx, s, run, o.detach, o.ending)
		}),
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&o.id, "id", "", "workflow id of the run (default a new one)")
	o.budget.add(flags, "cap on what the run may cost, in `USD` (default that of the pipeline)")
	flags.BoolVarP(&o.yes, "yes", "y", false, "start without asking, even if the balance may not cover the run")
	flags.BoolVarP(&o.detach, "detach", "d", false, "do not wait for the run's end")
	o.ending.add(flags)
	return cmd
}

// started shows a run to its end, unless it is detached.
func (p *program) started(ctx context.Context, s session, run client.WorkflowRun, detach bool, o ending) error {
	p.announce(s.config, s.options.Namespace, run)
	if !detach {
		return p.finish(ctx, s, run, o)
	}
	if o.output != "" {
		fmt.Fprintf(p.Err, "Nothing is downloaded yet. When it has ended, save its outputs with: %s\n", againResults(run.GetID(), run.GetRunID(), o.saving))
	}
	if o.json {
		return p.printJSON(started{WorkflowID: run.GetID(), RunID: run.GetRunID()})
	}
	return nil
}

// prepareRun makes a run of a file and what it is given, after everything was checked, and
// its cost was agreed to; only then files are uploaded.
func (p *program) prepareRun(ctx context.Context, c config.Config, args []string, budget budgetFlag, agree func(*pipeline.Estimate, pipeline.Request) error) (pipeline.Request, checked, error) {
	result, err := p.check(ctx, c, args, budget.usd, true)
	if err != nil && !errors.Is(err, errNotChecked) {
		return pipeline.Request{}, result, err
	}
	in := pipeline.Request{
		Pipeline: result.file.Definition, Inputs: result.given.values, Budget: budget.usd, SearchAttributes: c.SearchAttributes,
	}
	if err := covered(result.report.Estimate, in); err != nil {
		return in, result, failure(exitUsage, err)
	}
	p.warnOfBudget(result.report.Estimate, in)
	if err := agree(result.report.Estimate, in); err != nil {
		return in, result, err
	}
	if err := p.uploadInputs(ctx, c, in.Pipeline, result.given); err != nil {
		return in, result, failure(exitFailure, err)
	}
	return in, result, nil
}

// budgetFlag is a cap that may be given.
type budgetFlag struct{ usd *generation.USD }

func (b *budgetFlag) add(flags *pflag.FlagSet, usage string) { flags.Var(b, "budget", usage) }

// String, Set and Type are those of a flag.
func (b *budgetFlag) String() string {
	if b.usd == nil {
		return ""
	}
	return b.usd.String()
}

func (b *budgetFlag) Set(text string) error {
	usd, err := generation.ParseUSD(text)
	if err == nil && usd <= 0 {
		err = errors.New("must be more than 0 US dollars")
	}
	b.usd = &usd
	return err
}

func (b *budgetFlag) Type() string { return "USD" }

func newRunID(name string) string { return "pipeline-" + name + "-" + uuid.NewString()[:8] }

// memoPipeline is the memo with the pipeline's name, by which lists show it.
const memoPipeline = "pipeline"

// startPipeline starts a run. That the id is taken is an error of whoever chose it.
func (s session) startPipeline(ctx context.Context, id string, in pipeline.Request, reuse enumspb.WorkflowIdReusePolicy) (client.WorkflowRun, error) {
	run, err := s.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                                       id,
		TaskQueue:                                s.config.TaskQueue,
		StaticSummary:                            summaryOf(in),
		Memo:                                     map[string]any{memoPipeline: in.Pipeline.Name},
		WorkflowIDReusePolicy:                    reuse,
		WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
	}, pipeline.WorkflowName, in)
	var taken *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &taken) {
		return nil, failure(exitUsage, fmt.Errorf(
			"%s is there already, and nothing was started: look at it with pipeline status %s, or continue with pipeline rerun %s", id, id, id))
	}
	return run, failure(exitFailure, err)
}

func summaryOf(in pipeline.Request) string {
	text := in.Pipeline.Name
	if in.Pipeline.Description != "" {
		text += ": " + in.Pipeline.Description
	}
	if in.Resume != nil {
		text += " (resumed)"
	}
	return markdown.Clip(text, 200)
}
