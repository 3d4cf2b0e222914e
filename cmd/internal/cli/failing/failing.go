package failing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/runs"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/screen"
	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// Activity is an activity that failed and is going to be repeated: why something waits.
type Activity struct {
	Message string
	Attempt int32     // the next attempt
	At      time.Time // when the next attempt starts, by Temporal's clock; zero for now
}

func (a Activity) String() string {
	at := ""
	if !a.At.IsZero() {
		at = " at " + a.At.Local().Format("15:04:05")
	}
	return fmt.Sprintf("attempt %d%s: %s", a.Attempt, at, screen.Cell(a.Message))
}

const (
	// maxChildren is how many children of a run are asked, too.
	maxChildren = 5

	// maxShown is how many failing activities are shown at once.
	maxShown = 3

	// Every is how often one is shown where each is a line of its own.
	Every = time.Minute
)

// Of reads the failing activities of a run and its children. It costs no action of
// Temporal Cloud. What can't be read is left out: the run is shown without.
func Of(ctx context.Context, s *session.Session, id, runID string) []Activity {
	ctx, cancel := context.WithTimeout(ctx, runs.AskTimeout)
	defer cancel()
	described, err := runs.Describe(ctx, s, id, runID)
	if err != nil {
		return nil
	}
	all := among(described.GetPendingActivities(), s.Options.FailureConverter)
	children := described.GetPendingChildren()
	for _, child := range children[:min(len(children), maxChildren)] {
		if described, err := runs.Describe(ctx, s, child.GetWorkflowId(), child.GetRunId()); err == nil {
			all = append(all, among(described.GetPendingActivities(), s.Options.FailureConverter)...)
		}
	}
	slices.SortFunc(all, func(a, b Activity) int { return strings.Compare(a.Message, b.Message) })
	return all
}

func among(pending []*workflowpb.PendingActivityInfo, failures converter.FailureConverter) []Activity {
	if failures == nil {
		failures = temporal.GetDefaultFailureConverter()
	}
	var all []Activity
	for _, activity := range pending {
		if activity.GetLastFailure() == nil {
			continue
		}
		err := failures.FailureToError(activity.GetLastFailure())
		message := err.Error()
		var application *temporal.ApplicationError
		if errors.As(err, &application) {
			if generation.ErrorTypeOf(application) == wire.ErrorTypePending { // the prediction is still running
				continue
			}
			message = application.Message()
		}
		f := Activity{Message: message, Attempt: activity.GetAttempt()}
		if at := activity.GetNextAttemptScheduleTime(); at != nil {
			f.At = at.AsTime()
		}
		all = append(all, f)
	}
	return all
}

// Text is some of them, a line each; "" for none.
func Text(all []Activity) string {
	if len(all) == 0 {
		return ""
	}
	var text strings.Builder
	text.WriteString("\nfailed, will be retried:\n")
	for _, f := range all[:min(len(all), maxShown)] {
		fmt.Fprintf(&text, "  %s\n", f)
	}
	if more := len(all) - maxShown; more > 0 {
		fmt.Fprintf(&text, "  … and %d more\n", more)
	}
	return text.String()
}
