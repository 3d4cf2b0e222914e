package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// failing is an activity that failed and is going to be repeated: why something waits.
type failing struct {
	message string
	attempt int32     // the next
	at      time.Time // when it is made, by Temporal's clock; zero for now
}

func (f failing) String() string {
	at := ""
	if !f.at.IsZero() {
		at = " at " + f.at.Local().Format("15:04:05")
	}
	return fmt.Sprintf("attempt %d%s: %s", f.attempt, at, cell(f.message))
}

const (
	// failingChildren is how many children of a run are asked, too.
	failingChildren = 5

	// failingShown is how many failing activities are shown at once.
	failingShown = 3

	// failingEvery is how often one is shown where each is a line of its own.
	failingEvery = time.Minute
)

// failingOf reads the failing activities of a run and its children. It costs no action of
// Temporal Cloud. What can't be read is left out: the run is shown without.
func failingOf(ctx context.Context, c client.Client, failures converter.FailureConverter, id, runID string) []failing {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	described, err := c.DescribeWorkflowExecution(ctx, id, runID)
	if err != nil {
		return nil
	}
	all := failingIn(described.GetPendingActivities(), failures)
	children := described.GetPendingChildren()
	for _, child := range children[:min(len(children), failingChildren)] {
		if described, err := c.DescribeWorkflowExecution(ctx, child.GetWorkflowId(), child.GetRunId()); err == nil {
			all = append(all, failingIn(described.GetPendingActivities(), failures)...)
		}
	}
	slices.SortFunc(all, func(a, b failing) int { return strings.Compare(a.message, b.message) })
	return all
}

func failingIn(pending []*workflowpb.PendingActivityInfo, failures converter.FailureConverter) []failing {
	if failures == nil {
		failures = temporal.GetDefaultFailureConverter()
	}
	var all []failing
	for _, activity := range pending {
		if activity.GetLastFailure() == nil {
			continue
		}
		err := failures.FailureToError(activity.GetLastFailure())
		message := err.Error()
		var application *temporal.ApplicationError
		if errors.As(err, &application) {
			if application.Type() == generation.ErrPending { // it only waits for its end
				continue
			}
			message = application.Message()
		}
		f := failing{message: message, attempt: activity.GetAttempt()}
		if at := activity.GetNextAttemptScheduleTime(); at != nil {
			f.at = at.AsTime()
		}
		all = append(all, f)
	}
	return all
}

// failingText is some of them, a line each; "" for none.
func failingText(all []failing) string {
	if len(all) == 0 {
		return ""
	}
	var text strings.Builder
	text.WriteString("\nfailed, and is repeated:\n")
	for _, f := range all[:min(len(all), failingShown)] {
		fmt.Fprintf(&text, "  %s\n", f)
	}
	if more := len(all) - failingShown; more > 0 {
		fmt.Fprintf(&text, "  … and %d more\n", more)
	}
	return text.String()
}
