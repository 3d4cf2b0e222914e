package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/nearest"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline/file"
)

// rerunOptions are the flags of rerun.
type rerunOptions struct {
	from            string
	set             []string
	file            string
	budget          budgetFlag
	reset           bool
	resubmitUnknown bool
	filter          string
	limit           int
	yes             bool
	detach          bool
	ending
}

func (p *program) pipelineRerun() *cobra.Command {
	var o rerunOptions
	cmd := &cobra.Command{
		Use: "rerun RUN [name=value …]", Short: "Run a run again, keeping what it has paid for",
		Long: `Run a run again under its workflow id, keeping what it has paid for. A step's result is
kept if its request is the same: model, account and input. So without anything else only
what has failed, or was not begun, is made; of many items only those. What was under way
when the run ended is awaited, and what may have been accepted is looked for first.

  wavespeed-temporal pipeline rerun RUN
  wavespeed-temporal pipeline rerun RUN --from clip --set clip.prompt="waves, slowly"
  wavespeed-temporal pipeline rerun RUN scene="a harbour at night"
  wavespeed-temporal pipeline rerun --filter 'ExecutionStatus = "Failed" AND WorkflowId STARTS_WITH "pipeline-film-"' --yes

` + exitCodes,
		RunE: p.connected(func(ctx context.Context, s session, args []string) error {
			switch {
			case o.filter != "" && len(args) > 0:
				return failure(exitUsage, errors.New("a --filter takes neither a RUN nor inputs"))
			case o.limit < 1:
				return failure(exitUsage, errors.New("--limit: must be at least 1"))
			case o.filter != "":
				return p.rerunMany(ctx, s, o)
			case len(args) == 0:
				return failure(exitUsage, errors.New("name a RUN, or give a --filter"))
			default:
				return p.rerunOne(ctx, s, args, o)
			}
		}),
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&o.from, "from", "", "a `step` to make anew, with all that come after it")
	flags.StringArrayVar(&o.set, "set", nil, "a field of a step's input, as `step.field=value` (repeatable); null removes it")
	flags.BoolVar(&o.reset, "reset", false, "drop what earlier reruns and regenerations changed in steps' inputs")
	flags.StringVar(&o.file, "file", "", "run this `file` in place of the run's own pipeline; drops such changes too")
	o.budget.add(flags, "cap on what the new run may cost, in `USD`: what earlier ones have cost does not count")
	flags.BoolVar(&o.resubmitUnknown, "resubmit-unknown", false, "submit anew what may have been accepted: the risk is to pay twice")
	flags.StringVar(&o.filter, "filter", "", "run all again that match this Temporal list `filter` and have not completed")
	flags.IntVar(&o.limit, "limit", 1000, "how many runs of a filter at most")
	flags.BoolVar(&o.yes, "yes", false, "run those of the filter again; without it they are listed only")
	flags.BoolVarP(&o.detach, "detach", "d", false, "do not wait for the run's end")
	o.ending.add(flags)
	return cmd
}

func (p *program) rerunOne(ctx context.Context, s session, args []string, o rerunOptions) error {
	if err := o.prepare(); err != nil {
		return failure(exitUsage, err)
	}
	described, err := s.client.DescribeWorkflowExecution(ctx, args[0], "")
	if err != nil {
		return failure(exitFailure, missing(args[0], err))
	}
	info := described.GetWorkflowExecutionInfo()
	switch {
	case info.GetType().GetName() != pipeline.WorkflowName:
		return failure(exitUsage, fmt.Errorf("%s is a run of %s, and of no pipeline", args[0], info.GetType().GetName()))
	case isRunning(info.GetStatus()):
		return failure(exitUsage, fmt.Errorf("%s still goes on: nothing was started", args[0]))
	}
	in, err := s.input(ctx, args[0], info.GetExecution().GetRunId())
	if err != nil {
		return failure(exitFailure, err)
	}
	latest := s.client.GetWorkflow(ctx, args[0], info.GetExecution().GetRunId())
	open, err := s.open(ctx, latest, in.Resume)
	if err != nil {
		return failure(exitFailure, err)
	}
	if err := p.change(ctx, s, &in, latest.GetRunID(), args[1:], o); err != nil {
		return failure(exitUsage, err)
	}
	if open != nil {
		in.Resume = both(*open, args[0], *in.Resume)
	}
	if err := p.checkRerun(ctx, s, in); err != nil {
		return failure(exitUsage, err)
	}
	// Files may have been uploaded for a while.
	if again, err := s.client.DescribeWorkflowExecution(ctx, args[0], ""); err != nil || again.GetWorkflowExecutionInfo().GetExecution().GetRunId() != latest.GetRunID() {
		return failure(exitFailure, errors.Join(fmt.Errorf("%s was run again meanwhile: nothing was started", args[0]), err))
	}
	run, err := s.startPipeline(ctx, args[0], in, enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE)
	if err != nil {
		return err
	}
	return p.started(ctx, s, run, o.detach, o.ending)
}

// checkRerun looks for mistakes before anything is started, as far as there is a key to ask
// with; the run looks again.
func (p *program) checkRerun(ctx context.Context, s session, in pipeline.Run) error {
	plan, err := pipeline.Compile(in.Pipeline)
	if err != nil {
		return err
	}
	inputs, err := in.Pipeline.Bind(in.Inputs)
	if err != nil {
		return err
	}
	report, err := p.preflight(ctx, s.config, plan, inputs, in.Resume.Input)
	if errors.Is(err, errNotChecked) {
		return nil
	}
	if err != nil {
		return err
	}
	return report.Problems.Err()
}

// open is what a run was to resume if it has ended before it had read that, and not for a
// mistake of its own; nil otherwise.
func (s session) open(ctx context.Context, run client.WorkflowRun, resume *pipeline.Resume) (*pipeline.Resume, error) {
	if resume == nil {
		return nil, nil
	}
	var failed *temporal.ApplicationError
	if err := run.Get(ctx, nil); errors.As(err, &failed) && failed.Type() == generation.ErrInvalidInput {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	var page pipeline.Page
	answer, err := s.client.QueryWorkflow(ctx, run.GetID(), run.GetRunID(), pipeline.ResultsQuery, pipeline.Cursor{})
	if err == nil {
		err = answer.Get(&page)
	}
	var unbegun *serviceerror.WorkflowNotReady
	switch {
	case errors.As(err, &unbegun) || page.Before != nil:
		return resume, nil
	case err != nil && noWorker(err):
		return nil, fmt.Errorf("%s does not answer, and so it is not known what is left of it: no worker is there for it", run.GetID())
	default:
		return nil, err
	}
}

// both is what an earlier rerun of the workflow was to do, and a new one is.
func both(open pipeline.Resume, id string, next pipeline.Resume) *pipeline.Resume {
	all := pipeline.Resume{
		WorkflowID: cmp.Or(open.WorkflowID, id), RunID: open.RunID, From: cmp.Or(next.From, open.From),
		DropChanges: open.DropChanges || next.DropChanges, ResubmitUnknown: open.ResubmitUnknown || next.ResubmitUnknown,
		Input: make(map[string]map[string]any),
	}
	if !next.DropChanges {
		maps.Copy(all.Input, open.Input)
	}
	for step, input := range next.Input {
		fields := maps.Clone(all.Input[step])
		if fields == nil {
			fields = make(map[string]any)
		}
		maps.Copy(fields, input)
		all.Input[step] = fields
	}
	return &all
}

// input is what a run was started with, out of the first event of its history.
func (s session) input(ctx context.Context, id, runID string) (in pipeline.Run, err error) {
	history := s.client.GetWorkflowHistory(ctx, id, runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	event, err := history.Next()
	if err != nil {
		return in, err
	}
	payloads := event.GetWorkflowExecutionStartedEventAttributes().GetInput()
	if err := s.converter().FromPayloads(payloads, &in); err != nil {
		return in, fmt.Errorf("%s: what it was started with cannot be read: %w", id, err)
	}
	return in, nil
}

// change makes a new run of an old one's input.
func (p *program) change(ctx context.Context, s session, in *pipeline.Run, runID string, pairs []string, o rerunOptions) error {
	if o.file != "" {
		f, err := file.Read(o.file)
		if err != nil {
			return err
		}
		if _, err := f.Compile(); err != nil {
			return err
		}
		in.Pipeline = f.Definition
	}
	if err := p.changeInputs(ctx, s, in, pairs); err != nil {
		return err
	}
	changes, err := p.readFields(ctx, s, in.Pipeline.Account, "", o.set)
	if err != nil {
		return err
	}
	if err := checkChanges(in.Pipeline, o.from, changes); err != nil {
		return err
	}
	in.Resume = &pipeline.Resume{
		RunID: runID, From: o.from, Input: changes, DropChanges: o.reset || o.file != "", ResubmitUnknown: o.resubmitUnknown,
	}
	in.SearchAttributes = s.config.SearchAttributes
	if o.budget.usd != nil {
		in.Budget = o.budget.usd
	}
	return nil
}

// changeInputs replaces inputs by those that are given, and drops those that a mended
// pipeline has no more.
func (p *program) changeInputs(ctx context.Context, s session, in *pipeline.Run, pairs []string) error {
	given, problems := readInputs(in.Pipeline, pairs)
	if len(problems) > 0 {
		return problems
	}
	values := make(map[string]any)
	for name, value := range in.Inputs {
		if _, declared := in.Pipeline.Inputs.Get(name); declared {
			values[name] = value
		}
	}
	maps.Copy(values, given.values)
	if _, err := in.Pipeline.Bind(values); err != nil {
		return err
	}
	if err := p.uploadInputs(ctx, s.config, in.Pipeline, given); err != nil {
		return err
	}
	maps.Copy(values, given.values)
	in.Inputs = values
	return nil
}

// checkChanges tells whether the steps that are named are there.
func checkChanges(d pipeline.Definition, from string, changes map[string]map[string]any) error {
	ids := d.Steps.Names()
	if from != "" && !slices.Contains(ids, from) {
		return fmt.Errorf("--from: there is no step %q%s", from, nearest.Hint(from, ids))
	}
	for id := range changes {
		if step, known := d.Steps.Get(id); !known || step.Approve != nil {
			return fmt.Errorf("--set: there is no generation step %q%s", id, nearest.Hint(id, ids))
		}
	}
	return nil
}

// rerunMany runs all again that match the filter, have not completed, and are the latest
// of their workflow id: of the others there is a newer run already.
func (p *program) rerunMany(ctx context.Context, s session, o rerunOptions) error {
	filter := "ExecutionStatus IN ('Failed', 'Canceled', 'Terminated', 'TimedOut') AND (" + o.filter + ")"
	runs, err := s.list(ctx, filter, o.limit)
	if err != nil {
		return failure(exitFailure, aboutFilter(err))
	}
	seen := make(map[string]bool)
	started, failures := 0, 0
	for _, run := range runs {
		described, err := s.client.DescribeWorkflowExecution(ctx, run.WorkflowID, "")
		if err != nil {
			return failure(exitFailure, err)
		}
		if seen[run.WorkflowID] || described.GetWorkflowExecutionInfo().GetExecution().GetRunId() != run.RunID {
			continue
		}
		seen[run.WorkflowID] = true
		if !o.yes {
			fmt.Fprintf(p.Out, "%s\t%s\t%s\n", run.WorkflowID, dash(run.Pipeline), run.Status)
			continue
		}
		one := o
		one.detach = true
		if err := p.rerunOne(ctx, s, []string{run.WorkflowID}, one); err != nil {
			failures++
			fmt.Fprintf(p.Err, "%s: %v\n", run.WorkflowID, err)
			continue
		}
		started++
		fmt.Fprintln(p.Out, run.WorkflowID)
	}
	switch {
	case len(seen) == 0:
		fmt.Fprintln(p.Err, "nothing that failed, was canceled or terminated matches the filter")
		return nil
	case !o.yes:
		fmt.Fprintf(p.Err, "%s would be started again; add --yes to do it\n", plural(len(seen), "run"))
		return nil
	}
	fmt.Fprintf(p.Err, "%s started again\n", plural(started, "run"))
	if failures > 0 {
		return failure(exitFailure, fmt.Errorf("%d of %d could not be started", failures, started+failures))
	}
	return nil
}
