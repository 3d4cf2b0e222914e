package start

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/exit"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/runs"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/screen"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

func deleteSchedule(ctx context.Context, s *session.Session, id string) error {
	err := s.Client.ScheduleClient().GetHandle(ctx, id).Delete(ctx)
	var notFound *serviceerror.NotFound
	if errors.As(err, &notFound) {
		return exit.With(exit.Failure, fmt.Errorf("there is no schedule %s; use --list to list schedules", id))
	}
	if err == nil {
		fmt.Fprintf(s.Err, "schedule %s: deleted; its runs continue\n", id)
	}
	return exit.With(exit.Failure, err)
}

func listSchedules(ctx context.Context, s *session.Session) error {
	schedules, err := s.Client.ScheduleClient().List(ctx, client.ScheduleListOptions{})
	if err != nil {
		return exit.With(exit.Failure, err)
	}
	table := screen.NewTable(s.Out)
	fmt.Fprintln(table, "SCHEDULE\tPIPELINE\tPAUSED\tNEXT")
	for schedules.HasNext() {
		entry, err := schedules.Next()
		if err != nil {
			return exit.With(exit.Failure, err)
		}
		if entry.WorkflowType.Name != pipeline.WorkflowName {
			continue
		}
		var name, next string
		if entry.Memo != nil {
			runs.Decode(s, entry.Memo.GetFields()[runs.MemoPipeline], &name)
		}
		if len(entry.NextActionTimes) > 0 {
			next = entry.NextActionTimes[0].Local().Format("2006-01-02 15:04:05")
		}
		fmt.Fprintf(table, "%s\t%s\t%v\t%s\n", entry.ID, screen.Dash(name), entry.Paused, screen.Dash(next))
	}
	return exit.With(exit.Failure, table.Flush())
}
