package follow

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/exit"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/failing"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/resolve"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/runs"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
)

// interrupted reports that the command stopped watching. The run itself continues.
func interrupted(s *session.Session, id string) error {
	fmt.Fprintf(s.Err, "No longer watching; the run continues. Watch it again with: wavespeed-temporal pipeline status %s --watch\n", id)
	return &exit.Error{Code: exit.Interrupted}
}

const (
	// A query is a billable action, so a long run is queried less often over time.
	followFirst  = 500 * time.Millisecond
	followLater  = 5 * time.Second
	followGrowth = 1.1
)

// watch shows a run on the screen until it has ended or ctx does.
func watch(ctx context.Context, s *session.Session, run client.WorkflowRun, v *view) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		_ = run.Get(ctx, nil)
		cancel()
	}()
	below := belowWatch{next: time.Now().Add(belowFirst)}
	for wait := followFirst; ; wait = min(time.Duration(float64(wait)*followGrowth), followLater) {
		status, err := runs.Status(ctx, s, run.GetID(), run.GetRunID())
		if err == nil {
			failed := failing.Of(ctx, s, run.GetID(), run.GetRunID())
			v.show(status, failed, below.notes(ctx, s, run), time.Now())
		} else if ctx.Err() == nil {
			v.wait(s.Config.TaskQueue)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// belowEvery is how often a watched run and its children are queried for unknown submits, and for
// what waits for a slot. The search for an unknown submit takes minutes, or waits for a person.
const (
	belowFirst = 3 * time.Second
	belowEvery = 15 * time.Second
)

// belowWatch holds the notes on a watched run, as of the last query.
type belowWatch struct {
	next  time.Time
	shown resolve.Notes
}

func (b *belowWatch) notes(ctx context.Context, s *session.Session, run client.WorkflowRun) resolve.Notes {
	if now := time.Now(); now.After(b.next) {
		b.next, b.shown = now.Add(belowEvery), resolve.Below(ctx, s, run.GetID(), run.GetRunID())
	}
	return b.shown
}
