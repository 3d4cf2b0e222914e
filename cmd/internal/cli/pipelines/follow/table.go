package follow

import (
	"fmt"
	"strings"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/screen"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plaintext"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runview"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// table is a run as lines of text: a head, a table of its steps, and what waits for people.
func table(status pipeline.Status, now time.Time) string {
	var text strings.Builder
	fmt.Fprintln(&text, head(status, now))
	table := screen.NewTable(&text)
	fmt.Fprintln(table, "STEP\tSTATE\tMODEL\tATTEMPTS\tCOST\tTIME\tOUTPUT")
	for _, step := range status.Steps {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", step.ID, string(step.State)+runview.Progress(step), screen.Cell(screen.Dash(step.Model)), screen.Dash(screen.Number(step.Attempts)),
			screen.Dash(screen.Dollars(step.Cost)), screen.Dash(runview.Took(step, now)), screen.Dash(firstOutput(step)))
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
		fmt.Fprintf(&text, "not checked: %s\n", runview.Unanswered(u))
	}
	return text.String()
}

func head(status pipeline.Status, now time.Time) string {
	end := status.Ended
	if end.IsZero() {
		end = now
	}
	parts := []string{status.Pipeline, string(status.State), end.Sub(status.Started).Round(time.Second).String()}
	return strings.Join(append(parts, runview.Amounts(status)...), " · ")
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
