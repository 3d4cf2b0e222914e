package start

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/exit"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/runs"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/values"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runview"
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

// Schedule is pipeline schedule.
func Schedule(p *session.Program) *cobra.Command {
	var o scheduleOptions
	cmd := &cobra.Command{
		Use: "schedule FILE [name=value …]", Short: "Run a pipeline regularly, with a Temporal Schedule",
		Long: `Run a pipeline regularly, with a Temporal Schedule. The pipeline is checked now, and again
whenever a run starts. You can pause, change and trigger the schedule in the Temporal UI.

  wavespeed-temporal pipeline schedule film.yaml --cron "0 6 * * MON-FRI" --id film-daily
  wavespeed-temporal pipeline schedule --list
  wavespeed-temporal pipeline schedule --delete film-daily`,
		RunE: p.Connected(func(ctx context.Context, s *session.Session, args []string) error {
			switch {
			case o.list:
				return listSchedules(ctx, s)
			case o.delete != "":
				return deleteSchedule(ctx, s, o.delete)
			case len(args) == 0:
				return exit.With(exit.Usage, errors.New("give a FILE, --list, or --delete"))
			}
			if err := o.validate(); err != nil {
				return exit.With(exit.Usage, err)
			}
			return create(ctx, s, args, o)
		}),
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringArrayVar(&o.cron, "cron", nil, "when to run, as a cron `expression` in UTC (repeatable)")
	flags.DurationVar(&o.every, "every", 0, "how often to run, such as 6h")
	flags.StringVar(&o.id, "id", "", "id of the schedule (default pipeline-NAME, with the pipeline's name)")
	o.budget.add(flags, "maximum cost of each run, in `USD`")
	flags.DurationVar(&o.catchUp, "catch-up", defaultCatchUp, "after Temporal was down, start runs missed within this period, and skip older ones")
	flags.BoolVar(&o.overlap, "overlap", false, "start a run even if the previous one is still running (default: skip it)")
	flags.BoolVar(&o.paused, "paused", false, "create it paused")
	flags.BoolVar(&o.list, "list", false, "list the schedules of pipelines")
	flags.StringVar(&o.delete, "delete", "", "delete the schedule with this `id`")
	return cmd
}

// Temporal's minimum, and our default. Temporal's own default is a year, after which all missed
// runs would start, and be paid for, together.
const (
	defaultCatchUp = 10 * time.Minute
	minCatchUp     = 10 * time.Second
)

func (o scheduleOptions) validate() error {
	switch {
	case len(o.cron) == 0 && o.every <= 0:
		return errors.New("give --cron or --every")
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

// validateCron rejects expressions with six fields. Temporal reads the last field as a year,
// but most other programs read the first as seconds. Source: docs of
// temporal.api.schedule.v1.ScheduleSpec.
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

// create creates the schedule, and says when it runs first.
func create(ctx context.Context, s *session.Session, args []string, o scheduleOptions) error {
	in, result, err := checked(ctx, s, args, o.budget)
	if err != nil {
		return err
	}
	if err := values.UploadInputs(ctx, s, in.Pipeline, result.Given); err != nil {
		return exit.With(exit.Failure, err)
	}
	if len(result.Given.Uploads) > 0 {
		fmt.Fprintln(s.Err, "warning: WaveSpeed deletes uploaded files after 7 days, so later runs will not find them. Use a URL of your own instead")
	}
	id := cmp.Or(o.id, "pipeline-"+in.Pipeline.Name)
	handle, err := pipeline.Schedule(ctx, s.Client, o.schedule(id, in), s.Config.TaskQueue, in)
	var invalid *serviceerror.InvalidArgument
	switch {
	case errors.As(err, &invalid):
		return exit.With(exit.Usage, fmt.Errorf("schedule %s: %w", id, err))
	case errors.Is(err, temporal.ErrScheduleAlreadyRunning):
		return exit.With(exit.Usage, fmt.Errorf("schedule %s already exists: delete it first, or choose another --id", id))
	case err != nil:
		return exit.With(exit.Failure, fmt.Errorf("schedule %s: %w", id, err))
	}
	fmt.Fprintf(s.Err, "schedule %s: created", id)
	if described, err := handle.Describe(ctx); err == nil && len(described.Info.NextActionTimes) > 0 {
		next := described.Info.NextActionTimes[0].Local()
		fmt.Fprintf(s.Err, "; next run %s", next.Format("2006-01-02 15:04:05 MST"))
	}
	if o.paused {
		fmt.Fprint(s.Err, "; paused")
	}
	if e := result.Report.Estimate; e != nil {
		fmt.Fprintf(s.Err, "; each run costs %s", runview.Estimate(*e))
	}
	fmt.Fprintln(s.Err)
	return nil
}

// schedule is what Temporal is asked for.
func (o scheduleOptions) schedule(id string, in pipeline.Request) client.ScheduleOptions {
	spec := client.ScheduleSpec{CronExpressions: o.cron}
	if o.every > 0 {
		spec.Intervals = []client.ScheduleIntervalSpec{{Every: o.every}}
	}
	overlap := enumspb.SCHEDULE_OVERLAP_POLICY_SKIP
	if o.overlap {
		overlap = enumspb.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL
	}
	memo := map[string]any{runs.MemoPipeline: in.Pipeline.Name}
	return client.ScheduleOptions{
		ID: id, Spec: spec, Overlap: overlap, Paused: o.paused, CatchupWindow: o.catchUp, Memo: memo,
		Action: &client.ScheduleWorkflowAction{StaticSummary: summaryOf(in), Memo: memo},
	}
}
