// Package runview says how a run of a pipeline stands, in the words that both the terminal and
// the Temporal UI show.
package runview

import (
	"fmt"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// Amounts are what a run has cost, may cost, and may cost at most, as far as that is known.
func Amounts(status pipeline.Status) []string {
	var amounts []string
	if status.Cost != nil {
		cost := "cost " + status.Cost.String()
		if status.Ended.IsZero() {
			cost += " so far"
		}
		amounts = append(amounts, cost)
	}
	if status.Estimate != nil {
		amounts = append(amounts, "estimate "+status.Estimate.Text())
	}
	if status.Budget != nil {
		amounts = append(amounts, "budget "+status.Budget.String())
	}
	return amounts
}

// Progress is what there is to say of a step after its state: "", ", attempt 2", ", kept",
// " 3 of 5, 1 failed, 1 running".
func Progress(step pipeline.StepStatus) string {
	text := ""
	if step.Kind == plan.KindGenerate && step.Attempts > 1 && !Ended(step.State) {
		text += fmt.Sprintf(", attempt %d", step.Attempts)
	}
	if step.Kept {
		text += ", kept"
	}
	if step.Items != nil && step.Items.Total > 0 {
		counts := *step.Items
		if step.Kept { // which has been said of all
			counts.Kept = 0
		}
		text += " " + Items(counts)
	}
	return text
}

// Ended reports whether a step in this state has ended.
func Ended(state pipeline.State) bool {
	switch state {
	case pipeline.StateCompleted, pipeline.StateFailed, pipeline.StateRejected, pipeline.StateSkipped, pipeline.StateCanceled:
		return true
	default:
		return false
	}
}

// Items says how many items are done, and what became of the others.
func Items(c pipeline.Counts) string {
	text := fmt.Sprintf("%d of %d", c.Completed, c.Total)
	for _, part := range []struct {
		n    int
		what string
	}{{c.Kept, "kept"}, {c.Failed, "failed"}, {c.Running, "running"}} {
		if part.n > 0 {
			text += fmt.Sprintf(", %d %s", part.n, part.what)
		}
	}
	return text
}

// Took is how long a step has taken: until now if it has not ended, and "" if it has not
// started.
func Took(step pipeline.StepStatus, now time.Time) string {
	switch {
	case step.Started.IsZero():
		return ""
	case step.Ended.IsZero():
		return now.Sub(step.Started).Round(time.Second).String()
	default:
		return step.Ended.Sub(step.Started).Round(100 * time.Millisecond).String()
	}
}
