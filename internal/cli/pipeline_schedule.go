package cli

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// scheduleOptions are the flags of schedule.
type scheduleOptions struct {
	id      string
	cron    []string
	every   time.Duration
	budget  float64
	paused  bool
	list    bool
	delete  string
	overlap bool
}

func (p *program) pipelineSchedule() *cobra.Command {
	var o scheduleOptions
	cmd := &cobra.Command{
		Use: "schedule FILE [name=value …]", Short: "Run a pipeline again and again, by a Temporal Schedule",
		Long: `Run a pipeline again and again, by a Temporal Schedule. The pipeline is checked now, and
each run is checked anew when it begins. It can be paused, changed and triggered in the
Temporal UI.

  wavespeed-temporal pipeline schedule film.yaml --cron "0 6 * * MON-FRI" --id film-daily
  wavespeed-temporal pipeline schedule --list
  wavespeed-temporal pipeline schedule --delete film-daily`,
		RunE: p.connected(func(ctx context.Context, s session, args []string) error {
			switch {
			case o.list:
				return p.listSchedules(ctx, s)
			case o.delete != "":
				return failure(exitFailure, s.client.ScheduleClient().GetHandle(ctx, o.delete).Delete(ctx))
			case len(args) == 0:
				return failure(exitUsage, errors.New("name a FILE, or give --list or --delete"))
			case len(o.cron) == 0 && o.every <= 0:
				return failure(exitUsage, errors.New("say when: --cron or --every"))
			default:
				return p.schedule(ctx, s, args, o)
			}
		}),
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringArrayVar(&o.cron, "cron", nil, "when to run, as a cron `expression` in UTC (repeatable)")
	flags.DurationVar(&o.every, "every", 0, "how often to run, as 6h")
	flags.StringVar(&o.id, "id", "", "id of the schedule (default pipeline- and the pipeline's name)")
	flags.Float64Var(&o.budget, "budget", 0, "cap on what each run may cost, in `USD`")
	flags.BoolVar(&o.overlap, "overlap", false, "begin a run though the one before still goes on (default: leave it out)")
	flags.BoolVar(&o.paused, "paused", false, "create it paused")
	flags.BoolVar(&o.list, "list", false, "list the schedules of pipelines")
	flags.StringVar(&o.delete, "delete", "", "delete the schedule with this `id`")
	return cmd
}

func (p *program) schedule(ctx context.Context, s session, args []string, o scheduleOptions) error {
	checked, err := p.check(ctx, s.config, args, true)
	if err != nil && !errors.Is(err, errNotChecked) {
		return err
	}
	in := pipeline.Run{Pipeline: checked.file.Definition, Inputs: checked.inputs, SearchAttributes: s.config.SearchAttributes}
	if o.budget > 0 {
		in.Budget = &o.budget
	}
	id := o.id
	if id == "" {
		id = "pipeline-" + in.Pipeline.Name
	}
	spec := client.ScheduleSpec{CronExpressions: o.cron}
	if o.every > 0 {
		spec.Intervals = []client.ScheduleIntervalSpec{{Every: o.every}}
	}
	overlap := enumspb.SCHEDULE_OVERLAP_POLICY_SKIP
	if o.overlap {
		overlap = enumspb.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL
	}
	_, err = s.client.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID: id, Spec: spec, Overlap: overlap, Paused: o.paused,
		Memo: map[string]any{memoPipeline: in.Pipeline.Name},
		Action: &client.ScheduleWorkflowAction{
			ID: id, Workflow: pipeline.WorkflowName, Args: []any{in}, TaskQueue: s.config.TaskQueue,
			StaticSummary: summaryOf(in), Memo: map[string]any{memoPipeline: in.Pipeline.Name},
		},
	})
	if err != nil {
		return failure(exitFailure, fmt.Errorf("schedule %s: %w", id, err))
	}
	fmt.Fprintf(p.Err, "schedule %s: created", id)
	if e := checked.report.Estimate; e != nil {
		fmt.Fprintf(p.Err, "; each run costs %s", estimated(e.Total, e.AtLeast))
	}
	fmt.Fprintln(p.Err)
	return nil
}

func (p *program) listSchedules(ctx context.Context, s session) error {
	schedules, err := s.client.ScheduleClient().List(ctx, client.ScheduleListOptions{})
	if err != nil {
		return failure(exitFailure, err)
	}
	table := tabwriter.NewWriter(p.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SCHEDULE\tPIPELINE\tPAUSED\tNEXT")
	for schedules.HasNext() {
		entry, err := schedules.Next()
		if err != nil {
			return failure(exitFailure, err)
		}
		if entry.WorkflowType.Name != pipeline.WorkflowName {
			continue
		}
		var name, next string
		if entry.Memo != nil {
			s.decode(entry.Memo.GetFields()[memoPipeline], &name)
		}
		if len(entry.NextActionTimes) > 0 {
			next = entry.NextActionTimes[0].Local().Format("2006-01-02 15:04:05")
		}
		fmt.Fprintf(table, "%s\t%s\t%v\t%s\n", entry.ID, dash(name), entry.Paused, dash(next))
	}
	return failure(exitFailure, table.Flush())
}
