package follow

import (
	"fmt"
	"strings"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plaintext"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/screen"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// table is a run as lines of text: a head, a table of its steps, and what waits for people.
func table(status pipeline.Status, now time.Time) string {
	var text strings.Builder
	fmt.Fprintln(&text, head(status, now))
	table := screen.NewTable(&text)
	fmt.Fprintln(table, "STEP\tSTATE\tMODEL\tATTEMPTS\tCOST\tTIME\tOUTPUT")
	for _, step := range status.Steps {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", step.ID, stepState(step), screen.Cell(screen.Dash(step.Model)), screen.Dash(screen.Number(step.Attempts)),
			screen.Dash(screen.Dollars(step.Cost)), screen.Dash(took(step, now)), screen.Dash(firstOutput(step)))
	}
	_ = table.Flush()
	told := false
	for _, step := range status.Steps {
		if step.Reason != "" {
			told = true
			fmt.Fprintf(&text, "%s: %s\n", step.ID, screen.Cell(step.Reason))
		}
	}
	if status.Reason != "" && !told {
		fmt.Fprintln(&text, screen.Cell(status.Reason))
	}
	for _, u := range status.Unanswered {
		fmt.Fprintf(&text, "not checked: %s\n", u)
	}
	return text.String()
}

func head(status pipeline.Status, now time.Time) string {
	end := status.Ended
	if end.IsZero() {
		end = now
	}
	parts := []string{status.Pipeline, string(status.State), end.Sub(status.Started).Round(time.Second).String()}
	if status.Cost != nil {
		parts = append(parts, "cost "+status.Cost.String()+soFar(status))
	}
	if status.Estimate != nil {
		parts = append(parts, "estimate "+status.Estimate.Text())
	}
	if status.Budget != nil {
		parts = append(parts, "budget "+status.Budget.String())
	}
	return strings.Join(parts, " · ")
}

func soFar(status pipeline.Status) string {
	if status.Ended.IsZero() {
		return " so far"
	}
	return ""
}

func stepState(step pipeline.StepStatus) string {
	text := string(step.State)
	if step.Kind == pipeline.KindGenerate && step.Attempts > 1 && !step.State.Ended() {
		text += fmt.Sprintf(", attempt %d", step.Attempts)
	}
	if step.Kept {
		text += ", kept"
	}
	if c := step.Items; c != nil && c.Total > 0 {
		text += fmt.Sprintf(" %d/%d", c.Completed, c.Total)
		kept := c.Kept
		if step.Kept {
			kept = 0
		}
		for _, part := range []struct {
			n    int
			what string
		}{{kept, "kept"}, {c.Failed, "failed"}, {c.Running, "running"}} {
			if part.n > 0 {
				text += fmt.Sprintf(", %d %s", part.n, part.what)
			}
		}
	}
	return text
}

func took(step pipeline.StepStatus, now time.Time) string {
	switch {
	case step.Started.IsZero():
		return ""
	case step.Ended.IsZero():
		return now.Sub(step.Started).Round(time.Second).String()
	default:
		return step.Ended.Sub(step.Started).Round(100 * time.Millisecond).String()
	}
}

func firstOutput(step pipeline.StepStatus) string {
	if len(step.Outputs) == 0 {
		return ""
	}
	text := step.Outputs[0].String()
	if step.Outputs[0].URL() == "" {
		text = plaintext.Clip(text, 60)
	}
	return screen.Cell(text)
}
