package start

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/exit"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/pipelines/follow"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/runs"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/screen"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// rerunOptions are the flags of rerun.
type rerunOptions struct {
	from                  string
	set                   []string
	file                  string
	budget                budgetFlag
	reset                 bool
	resubmitUnknown       bool
	onUnknown             string
	onInsufficientCredits string
	filter                string
	limit                 int
	yes                   bool
	detach                bool
	follow.Ending
}

// Rerun is pipeline rerun.
func Rerun(p *session.Program) *cobra.Command {
	var o rerunOptions
	cmd := &cobra.Command{
		Use: "rerun RUN [name=value …]", Short: "Re-run a run, keeping paid results",
		Long: `Re-run a run under its workflow id, keeping paid results. A step keeps its result if its
request is the same: model, account and input. So by default only failed or unstarted steps
and items run. Predictions that were running when the run ended are awaited. If it is
unknown whether a submit was accepted, the rerun looks for its prediction first.

  wavespeed-temporal pipeline rerun RUN
  wavespeed-temporal pipeline rerun RUN --from clip --set clip.prompt="waves, slowly"
  wavespeed-temporal pipeline rerun RUN scene="a harbour at night"
  wavespeed-temporal pipeline rerun --filter 'WorkflowId STARTS_WITH "pipeline-film-"' --yes

` + exit.Codes,
		RunE: p.Connected(func(ctx context.Context, s *session.Session, args []string) error {
			switch {
			case o.filter != "" && len(args) > 0:
				return exit.With(exit.Usage, errors.New("a --filter takes neither a RUN nor inputs"))
			case o.filter != "" && o.Output != "":
				return exit.With(exit.Usage, errors.New("--output can't be combined with --filter, which doesn't wait; use: pipeline results RUN --output DIR"))
			case o.resubmitUnknown && o.onUnknown != "":
				return exit.With(exit.Usage, errors.New("--on-unknown can't be combined with --resubmit-unknown, which submits without a search; --on-unknown resubmit searches first"))
			case o.limit < 1:
				return exit.With(exit.Usage, errors.New("--limit: must be at least 1"))
			case o.filter != "":
				return rerunMany(ctx, s, o)
			case len(args) == 0:
				return exit.With(exit.Usage, errors.New("give a RUN or a --filter"))
			default:
				return rerunOne(ctx, s, args, o)
			}
		}),
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&o.from, "from", "", "a `step` to regenerate, with all steps that depend on it")
	flags.StringArrayVar(&o.set, "set", nil, "set a field of a step's input: `step.field=value` (repeatable); null removes the field")
	flags.BoolVar(&o.reset, "reset", false, "discard changes to steps' inputs from earlier reruns and regenerations")
	flags.StringVar(&o.file, "file", "", "use this pipeline `file` instead of the run's own; also discards such changes")
	o.budget.add(flags, "maximum cost of the new run, in `USD`; earlier runs don't count")
	flags.BoolVar(&o.resubmitUnknown, "resubmit-unknown", false, "submit again even if the first submit may have been accepted; you may pay twice")
	flags.StringVar(&o.onUnknown, "on-unknown", "", "for all steps, what to do when it is unknown whether a submit was accepted: fail, resubmit, or ask a person (see resolve) (default as in the pipeline)")
	flags.StringVar(&o.onInsufficientCredits, "on-insufficient-credits", "", "for all steps, what to do when the balance does not cover a submit: wait for a top-up, or fail (default as in the pipeline)")
	flags.StringVar(&o.filter, "filter", "", "re-run all runs that match this Temporal list `filter` and have not completed")
	flags.IntVar(&o.limit, "limit", 1000, "maximum number of runs to re-run with --filter")
	flags.BoolVar(&o.yes, "yes", false, "re-run the runs that match --filter; without it they are only listed")
	flags.BoolVarP(&o.detach, "detach", "d", false, "don't wait for the run to end")
	o.Ending.Add(flags)
	return cmd
}

// rerunOne re-runs a run. args are its id and the inputs to change.
func rerunOne(ctx context.Context, s *session.Session, args []string, o rerunOptions) error {
	if err := o.Prepare(); err != nil {
		return exit.With(exit.Usage, err)
	}
	latest, err := latestOf(ctx, s, args[0])
	if err != nil {
		return err
	}
	in, err := resume(ctx, s, latest, args[1:], o)
	if err != nil {
		return err
	}
	// Uploading files may have taken a while.
	switch now, err := latestOf(ctx, s, args[0]); {
	case err != nil:
		return err
	case now.GetRunID() != latest.GetRunID():
		return exit.With(exit.Failure, fmt.Errorf("%s was re-run in the meantime; nothing was started", args[0]))
	}
	run, err := start(ctx, s, args[0], in, enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE)
	if err != nil {
		return err
	}
	return show(ctx, s, run, o.detach, o.Ending)
}

// latestOf is the latest run of a workflow id, which must have ended.
func latestOf(ctx context.Context, s *session.Session, id string) (client.WorkflowRun, error) {
	described, err := runs.Describe(ctx, s, id, "")
	if err != nil {
		return nil, exit.With(exit.Failure, runs.Missing(id, err))
	}
	switch info := described.GetWorkflowExecutionInfo(); {
	case info.GetType().GetName() != pipeline.WorkflowName:
		return nil, exit.With(exit.Usage, fmt.Errorf("%s is a workflow of type %s, not a pipeline run", id, info.GetType().GetName()))
	case runs.IsRunning(info.GetStatus()):
		return nil, exit.With(exit.Usage, fmt.Errorf("%s is still running; nothing was started", id))
	default:
		return s.Client.GetWorkflow(ctx, id, info.GetExecution().GetRunId()), nil
	}
}

// rerunMany re-runs all matching runs that have not completed and are the latest of their
// workflow id.
func rerunMany(ctx context.Context, s *session.Session, o rerunOptions) error {
	filter := "ExecutionStatus IN ('Failed', 'Canceled', 'Terminated', 'TimedOut') AND (" + o.filter + ")"
	entries, err := runs.Pipelines(ctx, s, filter, o.limit)
	if err != nil {
		return exit.With(exit.Failure, runs.AboutFilter(err))
	}
	seen := make(map[string]bool)
	started, failures := 0, 0
	for _, run := range entries {
		described, err := runs.Describe(ctx, s, run.WorkflowID, "")
		if err != nil {
			return exit.With(exit.Failure, err)
		}
		if seen[run.WorkflowID] || described.GetWorkflowExecutionInfo().GetExecution().GetRunId() != run.RunID {
			continue
		}
		seen[run.WorkflowID] = true
		if !o.yes {
			fmt.Fprintf(s.Out, "%s\t%s\t%s\n", run.WorkflowID, screen.Dash(run.Pipeline), run.Status)
			continue
		}
		one := o
		one.detach = true
		if err := rerunOne(ctx, s, []string{run.WorkflowID}, one); err != nil {
			failures++
			fmt.Fprintf(s.Err, "%s: %v\n", run.WorkflowID, err)
			continue
		}
		started++
		fmt.Fprintln(s.Out, run.WorkflowID)
	}
	switch {
	case len(seen) == 0:
		fmt.Fprintln(s.Err, "no failed, canceled, terminated or timed-out run matches the filter")
		return nil
	case !o.yes:
		fmt.Fprintf(s.Err, "%s would be re-run; add --yes to start\n", screen.Plural(len(seen), "run"))
		return nil
	}
	fmt.Fprintf(s.Err, "%s re-run\n", screen.Plural(started, "run"))
	if failures > 0 {
		return exit.With(exit.Failure, fmt.Errorf("%d of %d could not be started", failures, started+failures))
	}
	return nil
}
