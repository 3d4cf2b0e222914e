package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// scheduleOptions are the flags of schedule.
type scheduleOptions struct {
	id      string
	cron    []string
	every   time.Duration
	budget  budgetFlag
	catchUp time.Duration
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
each run is checked again when it begins. It can be paused, changed and triggered in the
Temporal UI.

  wavespeed-temporal pipeline schedule film.yaml --cron "0 6 * * MON-FRI" --id film-daily
  wavespeed-temporal pipeline schedule --list
  wavespeed-temporal pipeline schedule --delete film-daily`,
		RunE: p.connected(func(ctx context.Context, s session, args []string) error {
			switch {
			case o.list:
				return p.listSchedules(ctx, s)
			case o.delete != "":
				return p.deleteSchedule(ctx, s, o.delete)
			case len(args) == 0:
				return failure(exitUsage, errors.New("name a FILE, or give --list or --delete"))
			}
			if err := o.validate(); err != nil {
				return failure(exitUsage, err)
			}
			return p.schedule(ctx, s, args, o)
		}),
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringArrayVar(&o.cron, "cron", nil, "when to run, as a cron `expression` in UTC (repeatable)")
	flags.DurationVar(&o.every, "every", 0, "how often to run, as 6h")
	flags.StringVar(&o.id, "id", "", "id of the schedule (default pipeline- and the pipeline's name)")
	o.budget.add(flags, "cap on what each run may cost, in `USD`")
	flags.DurationVar(&o.catchUp, "catch-up", defaultCatchUp, "after Temporal was down, start the missed runs of this time, and skip older ones")
	flags.BoolVar(&o.overlap, "overlap", false, "begin a run though the one before still continues (default: leave it out)")
	flags.BoolVar(&o.paused, "paused", false, "create it paused")
	flags.BoolVar(&o.list, "list", false, "list the schedules of pipelines")
	flags.StringVar(&o.delete, "delete", "", "delete the schedule with this `id`")
	return cmd
}

// Limits of Temporal, and our default: its own is a year, after which everything that was
// missed is paid for at the same time.
const (
	defaultCatchUp = 10 * time.Minute
	minCatchUp     = 10 * time.Second
)

func (o scheduleOptions) validate() error {
	switch {
	case len(o.cron) == 0 && o.every <= 0:
		return errors.New("say when: --cron or --every")
	case o.catchUp < minCatchUp:
		return fmt.Errorf("--catch-up: %v is less than %v, Temporal's minimum", o.catchUp, minCatchUp)
	}
	for _, cron := range o.cron {
		if err := validateCron(cron); err != nil {
			return err
		}
	}
	return nil
}

// validateCron rejects what Temporal takes, but reads otherwise than most people who write
// it: with six fields, it takes the last one for a year, and others the first one for seconds.
// Source: docs of temporal.api.schedule.v1.ScheduleSpec.
func validateCron(cron string) error {
	fields := strings.Fields(cron)
	if len(fields) > 0 && (strings.HasPrefix(fields[0], "CRON_TZ=") || strings.HasPrefix(fields[0], "TZ=")) {
		fields = fields[1:]
	}
	switch {
	case len(fields) == 5, len(fields) > 0 && strings.HasPrefix(fields[0], "@"):
		return nil
	case len(fields) == 6:
		return fmt.Errorf("--cron %q has six fields; give five: minute, hour, day of month, month, day of week. Without seconds it is %q", cron, strings.Join(fields[1:], " "))
	default:
		return fmt.Errorf("--cron %q has %d fields; give five: minute, hour, day of month, month, day of week, such as \"0 6 * * MON-FRI\"", cron, len(fields))
	}
}

func (p *program) schedule(ctx context.Context, s session, args []string, o scheduleOptions) error {
	in, checked, err := p.prepareRun(ctx, s.config, args, o.budget, func(*pipeline.Estimate, pipeline.Request) error { return nil })
	if err != nil {
		return err
	}
	if len(checked.given.uploads) > 0 {
		fmt.Fprintln(p.Err, "warning: WaveSpeed keeps uploaded files for 7 days, and runs after that will not find them: give an address of your own")
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
	handle, err := s.client.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID: id, Spec: spec, Overlap: overlap, Paused: o.paused, CatchupWindow: o.catchUp,
		Memo: map[string]any{memoPipeline: in.Pipeline.Name},
		Action: &client.ScheduleWorkflowAction{
			ID: id, Workflow: pipeline.WorkflowName, Args: []any{in}, TaskQueue: s.config.TaskQueue,
			StaticSummary: summaryOf(in), Memo: map[string]any{memoPipeline: in.Pipeline.Name},
		},
	})
	var invalid *serviceerror.InvalidArgument
	switch {
	case errors.As(err, &invalid):
		return failure(exitUsage, fmt.Errorf("schedule %s: %w", id, err))
	case errors.Is(err, temporal.ErrScheduleAlreadyRunning):
		return failure(exitUsage, fmt.Errorf("schedule %s is there already: delete it first, or give another --id", id))
	case err != nil:
		return failure(exitFailure, fmt.Errorf("schedule %s: %w", id, err))
	}
	fmt.Fprintf(p.Err, "schedule %s: created", id)
	if described, err := handle.Describe(ctx); err == nil && len(described.Info.NextActionTimes) > 0 {
		next := described.Info.NextActionTimes[0].Local()
		fmt.Fprintf(p.Err, "; next run %s", next.Format("2006-01-02 15:04:05 MST"))
	}
	if o.paused {
		fmt.Fprint(p.Err, "; paused")
	}
	if e := checked.report.Estimate; e != nil {
		fmt.Fprintf(p.Err, "; each run costs %s", e.Text())
	}
	fmt.Fprintln(p.Err)
	return nil
}

func (p *program) deleteSchedule(ctx context.Context, s session, id string) error {
	err := s.client.ScheduleClient().GetHandle(ctx, id).Delete(ctx)
	var notFound *serviceerror.NotFound
	if errors.As(err, &notFound) {
		return failure(exitFailure, fmt.Errorf("there is no schedule %s; --list has those that there are", id))
	}
	if err == nil {
		fmt.Fprintf(p.Err, "schedule %s: deleted; its runs continue\n", id)
	}
	return failure(exitFailure, err)
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
