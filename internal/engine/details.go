package engine

import (
	"cmp"
	"fmt"
	"strings"

	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/markdown"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plaintext"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/record"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runview"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

const (
	// maxTableBytes leaves room for the rest within the 20,000 bytes that Temporal keeps.
	maxTableBytes     = 14_000
	maxQuestionsBytes = 4_000
	maxReason         = 200
	maxRows           = 40
)

// details formats the run as Markdown: pending decisions, a line of totals, and a row per step.
func (r *run) details(ctx workflow.Context) string {
	status := r.status(ctx)
	var text strings.Builder
	for i, approval := range status.Approvals {
		if text.Len() > maxQuestionsBytes {
			fmt.Fprintf(&text, "… and %d more to decide: query `%s`.\n\n", len(status.Approvals)-i, generation.ApprovalsQuery)
			break
		}
		text.WriteString(markdown.Question(approval))
	}
	if !status.Paused.IsZero() {
		fmt.Fprintf(&text, "**Paused since %s: nothing new is submitted.** Update `%s` lets it continue.\n\n",
			status.Paused.UTC().Format("2006-01-02 15:04:05 UTC"), wire.RunResumeUpdate)
	}
	if len(status.TopUp) > 0 {
		fmt.Fprintf(&text, "**Held: %s.** It checks from time to time; update `%s` makes it check now.\n\n",
			markdown.Escape(runview.TopUp(status.TopUp)), wire.RunResumeUpdate)
	}
	if status.State == pipeline.StateHeld && status.Budget != nil && (status.Uncovered > 0 || len(status.TopUp) == 0) {
		fmt.Fprintf(&text, "**Held: the budget of %s does not cover the next submit, of %s.** Update `%s` raises it.\n\n",
			markdown.USD(*status.Budget), markdown.USD(status.Uncovered), wire.RunBudgetUpdate)
	}
	for _, u := range status.Unanswered {
		fmt.Fprintf(&text, "Not checked: %s\n\n", markdown.Escape(plaintext.Clip(runview.Unanswered(u), maxReason)))
	}
	text.WriteString(headline(status) + "\n\n| step | state | outputs | cost, time | model |\n| --- | --- | --- | --- | --- |\n")
	for i, step := range status.Steps {
		row := stepRow(step)
		if text.Len()+len(row) > maxTableBytes {
			fmt.Fprintf(&text, "\n… and %d more: query `%s`.\n", len(status.Steps)-i, wire.RunStatusQuery)
			break
		}
		text.WriteString(row)
	}
	return text.String()
}

func headline(status pipeline.Status) string {
	counts := make(map[pipeline.State]int)
	for _, step := range status.Steps {
		counts[step.State]++
	}
	var parts []string
	for _, state := range []pipeline.State{
		pipeline.StateCompleted, pipeline.StateFailed, pipeline.StateRejected, pipeline.StateCanceled, pipeline.StateSkipped,
		pipeline.StatePaused, pipeline.StateHeld, pipeline.StateApproval, pipeline.StateRunning, pipeline.StateWaiting,
	} {
		if counts[state] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[state], state))
		}
	}
	line := fmt.Sprintf("**%s** · %s", status.State, strings.Join(parts, ", "))
	if amounts := runview.Amounts(status); len(amounts) > 0 {
		line += " · " + markdown.Escape(strings.Join(amounts, " · "))
	}
	return line
}

// stepRow puts the most important cells first, because narrow screens cut off the right side.
func stepRow(step pipeline.StepStatus) string {
	model := "–"
	if step.Model != "" {
		model = markdown.Escape(step.Model)
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s |\n",
		markdown.Escape(step.ID), stateCell(step)+decidedCell(step), markdown.Links(step.Outputs, step.OutputKeys), costCell(step), model)
}

// costCell says what the step has cost, and how long it took.
func costCell(step pipeline.StepStatus) string {
	var parts []string
	if step.Cost != nil {
		parts = append(parts, markdown.USD(*step.Cost))
	}
	if took := runview.Took(step, step.Ended); took != "" && !step.Ended.IsZero() {
		parts = append(parts, took)
	}
	return cmp.Or(strings.Join(parts, ", "), "–")
}

func stateCell(step pipeline.StepStatus) string {
	cell := "**" + string(step.State) + "**" + runview.Progress(step)
	if step.Children > 0 {
		cell += fmt.Sprintf(", in %d child workflows", step.Children)
	}
	underWay := step.Kind == plan.KindGenerate && !runview.Ended(step.State) // and its attempt is shown
	if step.Attempts > 1 && step.Attempts > items(step) && !underWay {
		cell += fmt.Sprintf(", %d submits", step.Attempts)
	}
	if step.Reason != "" {
		cell += ": " + markdown.Escape(plaintext.Clip(step.Reason, maxReason))
	}
	return cell
}

// items is how many the step has; 0 without for_each.
func items(step pipeline.StepStatus) int {
	if step.Items == nil {
		return 0
	}
	return step.Items.Total
}

// decidedCell says who decided what of an approval, and when.
func decidedCell(step pipeline.StepStatus) string {
	if len(step.Decisions) == 0 {
		return ""
	}
	return " · " + markdown.Decisions(step.Decisions)
}

// itemTable shows the most interesting generations: failed ones first, then running ones.
func itemTable(statuses []*generation.Status) string {
	var text strings.Builder
	text.WriteString("| item | model | state | prediction |\n| --- | --- | --- | --- |\n")
	rows := 0
	for _, wanted := range []func(generation.State) bool{
		func(state generation.State) bool { return state == generation.StateFailed },
		func(state generation.State) bool {
			return state != generation.StateFailed && state != generation.StateCompleted
		},
	} {
		for _, status := range statuses {
			if rows < maxRows && wanted(status.State) {
				rows++
				fmt.Fprintf(&text, "| %s | %s | **%s** %s | %s |\n", markdown.Escape(status.Key), markdown.Escape(status.Model),
					status.State, markdown.Escape(plaintext.Clip(record.Reason(*status), maxReason)), status.PredictionID())
			}
		}
	}
	if rows == 0 {
		return ""
	}
	return text.String()
}
