// Package runview says how a run of a pipeline stands, in the words that both the terminal and
// the Temporal UI show.
package runview

import (
	"fmt"
	"strings"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
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
		amounts = append(amounts, "estimate "+Estimate(*status.Estimate))
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

// TopUp says what a run waits for whose accounts have too little credit.
func TopUp(accounts []string) string {
	if len(accounts) == 1 {
		return "waits for a top-up of account " + accounts[0]
	}
	return "waits for top-ups of the accounts " + strings.Join(accounts, ", ")
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

// Estimate formats an estimate, such as "$0.07 to $1.32".
func Estimate(e pipeline.Estimate) string {
	switch most, known := runwire.Upper(e.Total, e.Most, e.AtLeast); {
	case !known:
		return "at least " + e.Total.String()
	case most == e.Total:
		return "about " + e.Total.String()
	default:
		return e.Total.String() + " to " + most.String()
	}
}

// Unanswered explains which request was not answered, the consequence, and the reason.
func Unanswered(u pipeline.Unanswered) string {
	switch u.Endpoint {
	case "models":
		return fmt.Sprintf("account %s: the models can't be read, so models and inputs are not checked: %s", u.Account, u.Reason)
	case "price":
		steps := "step"
		if len(u.Steps) > 1 {
			steps = "steps"
		}
		return fmt.Sprintf("account %s: no price is available for %s %s: %s", u.Account, steps, strings.Join(u.Steps, ", "), u.Reason)
	case "balance":
		return fmt.Sprintf("account %s: the balance can't be read, so it may not cover the run: %s", u.Account, u.Reason)
	case "charges":
		return fmt.Sprintf("account %s: its charges can't be read, so a submit whose answer is lost can't be proven absent, and a person may have to decide: %s", u.Account, u.Reason)
	default:
		return fmt.Sprintf("account %s: %s: %s", u.Account, u.Endpoint, u.Reason)
	}
}
