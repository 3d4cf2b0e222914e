package follow

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/screen"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/ballot"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runview"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/usd"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// toDo lists what the run waits for, and the commands to continue it.
func toDo(run string, status pipeline.Status) string {
	var text strings.Builder
	for _, a := range status.Approvals {
		fmt.Fprintf(&text, "\n%s waits for a decision", a.Key)
		if a.Message != "" {
			fmt.Fprintf(&text, ": %s", screen.Cell(a.Message))
		}
		fmt.Fprintf(&text, " (until %s, then: %s)\n", a.Deadline.Local().Format("2006-01-02 15:04"), a.OnDeadline)
		if a.Note != "" {
			fmt.Fprintf(&text, "  asked again: %s\n", screen.Cell(a.Note))
		}
		text.WriteString(votes(a))
		text.WriteString(judged(a))
		by := screen.If(len(a.Approvers) > 0 || a.Needed > 1, " --by NAME")
		fmt.Fprintf(&text, "  wavespeed-temporal pipeline approve %s %s%s%s\n", run, a.Key, screen.If(len(a.Choices) > 0, " --choose N"), by)
		fmt.Fprintf(&text, "  wavespeed-temporal pipeline reject %s %s%s\n", run, a.Key, by)
		for _, id := range a.Regenerable {
			fmt.Fprintf(&text, "  wavespeed-temporal pipeline regenerate %s %s%s field=value%s\n", run, id, screen.If(hasItems(status, id), " --items N"), by)
		}
	}
	if status.State == pipeline.StateHeld && status.Budget != nil && (status.Uncovered > 0 || len(status.TopUp) == 0) {
		var spent generation.USD
		if status.Cost != nil {
			spent = *status.Cost
		}
		fmt.Fprintf(&text, "\nThe budget is %s, %s is spent, and the next submit costs %s. Raise the budget to at least %s with:\n  wavespeed-temporal pipeline budget %s USD\n",
			*status.Budget, spent, status.Uncovered, usd.Add(spent, status.Uncovered), run)
	}
	if len(status.TopUp) > 0 {
		fmt.Fprintf(&text, "\nThe run %s. It checks from time to time. Check now with:\n  wavespeed-temporal pipeline resume %s\n", runview.TopUp(status.TopUp), run)
	}
	if !status.Paused.IsZero() {
		fmt.Fprintf(&text, "\nPaused since %s: nothing new is submitted. Continue with:\n  wavespeed-temporal pipeline resume %s\n",
			status.Paused.Local().Format("2006-01-02 15:04"), run)
	}
	return text.String()
}

func hasItems(status pipeline.Status, id string) bool {
	i := slices.IndexFunc(status.Steps, func(step pipeline.StepStatus) bool { return step.ID == id })
	return i >= 0 && status.Steps[i].Kind == plan.KindForEach
}

// judged lists what to decide on, with the keys of the items that produced it.
func judged(a generation.ApprovalStatus) string {
	var text strings.Builder
	table := screen.NewTable(&text)
	for i, shown := range a.Show {
		fmt.Fprintf(table, "  %s%s\n", keyCell(ballot.ShowKey(a, i)), screen.Cell(shown))
	}
	_ = table.Flush()
	for i, choice := range a.Choices {
		fmt.Fprintf(table, "  %d\t%s%s\n", i, keyCell(ballot.ChoiceKey(a, i)), screen.Cell(generation.Output(choice).String()))
	}
	_ = table.Flush()
	return text.String()
}

func keyCell(key string) string {
	if key == "" {
		return ""
	}
	return screen.Cell(key) + "\t"
}

// votes lists the decisions so far and the approvers.
func votes(a generation.ApprovalStatus) string {
	var text strings.Builder
	if a.Needed > 1 || len(a.Approvers) > 0 {
		fmt.Fprintf(&text, "  %d must approve", a.Needed)
		if len(a.Approvers) > 0 {
			fmt.Fprintf(&text, ", of %s", strings.Join(a.Approvers, ", "))
		}
		text.WriteString("\n")
	}
	return text.String() + decisions(slices.Concat(a.Earlier, a.Decisions))
}

// decisions are who decided what, and when, one in a line.
func decisions(all []generation.Decision) string {
	var text strings.Builder
	for _, d := range all {
		fmt.Fprintf(&text, "  %s: %s", screen.Cell(screen.Dash(d.By)), d.Verdict)
		if d.Choice != nil {
			fmt.Fprintf(&text, " %d", *d.Choice)
		}
		if d.Regenerate != "" {
			text.WriteString(" " + screen.Cell(d.Regenerate))
		}
		if !d.At.IsZero() {
			text.WriteString(d.At.Local().Format(", 2006-01-02 15:04"))
		}
		if d.Comment != "" {
			fmt.Fprintf(&text, ", %s", screen.Cell(d.Comment))
		}
		text.WriteString("\n")
	}
	return text.String()
}

// decided are the decisions about steps of which nothing is asked now.
func decided(status pipeline.Status) string {
	var text strings.Builder
	for _, step := range status.Steps {
		open := slices.ContainsFunc(status.Approvals, func(a generation.ApprovalStatus) bool { return a.Key == step.ID })
		if len(step.Decisions) > 0 && !open {
			fmt.Fprintf(&text, "\nDecided: %s\n%s", step.ID, decisions(step.Decisions))
		}
	}
	return text.String()
}
