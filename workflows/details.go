package workflows

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/markdown"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plaintext"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/record"
)

const (
	// maxDetailsBytes is the size up to which Temporal keeps current details.
	maxDetailsBytes = 20_000
	maxTableBytes   = 15_000

	maxReasonBytes = 300
)

// details formats the board as Markdown: a line of counts and a row per generation, as many as
// fit. The UI shows no images, so outputs are links.
func details(statuses []*generation.Status, approvals []*approval) string {
	var text strings.Builder
	for _, a := range approvals {
		if a.open() {
			text.WriteString(markdown.Question(a.status))
		}
	}
	text.WriteString(decided(approvals))
	text.WriteString(headline(statuses))
	text.WriteString("\n\n| generation | model | state | outputs | cost | prediction |\n| --- | --- | --- | --- | --- | --- |\n")
	for i, status := range statuses {
		row := detailsRow(status)
		if text.Len()+len(row) > maxTableBytes {
			fmt.Fprintf(&text, "\n… and %d more: query `%s`.\n", len(statuses)-i, generation.StatusQuery)
			break
		}
		text.WriteString(row)
	}
	for _, status := range statuses {
		if rows := attemptRows(status); text.Len()+len(rows) < maxDetailsBytes {
			text.WriteString(rows)
		}
	}
	return text.String()
}

const maxDecidedBytes = 2000

// decided says who decided what of approvals that have ended.
func decided(approvals []*approval) string {
	var text strings.Builder
	for _, a := range approvals {
		if !a.open() && text.Len() < maxDecidedBytes {
			fmt.Fprintf(&text, "Decided: %s: **%s**", markdown.Escape(a.status.Key), a.status.Verdict)
			if all := slices.Concat(a.status.Earlier, a.status.Decisions); len(all) > 0 {
				text.WriteString(" · " + markdown.Decisions(all))
			}
			text.WriteString("\n\n")
		}
	}
	return text.String()
}

// attemptRows lists a generation's attempts, if there is more to say than its own row does.
func attemptRows(status *generation.Status) string {
	if len(status.Attempts) < 2 {
		return ""
	}
	var text strings.Builder
	fmt.Fprintf(&text, "\nAttempts of %s:\n\n", markdown.Escape(status.Key))
	for _, a := range status.Attempts {
		fmt.Fprintf(&text, "%d. %s", a.Number, a.State)
		if a.PredictionID != "" {
			fmt.Fprintf(&text, ", prediction `%s`", a.PredictionID)
		}
		if a.Reason != "" {
			text.WriteString(": " + markdown.Escape(plaintext.Clip(a.Reason, maxReasonBytes)))
		}
		text.WriteString("\n")
	}
	return text.String()
}

// headline counts the states, in the order of a generation's life.
func headline(statuses []*generation.Status) string {
	counts := make(map[generation.State]int)
	var usd generation.USD
	priced := false
	for _, status := range statuses {
		counts[status.State]++
		if price, known := record.Price(*status); known {
			usd, priced = usd+price, true
		}
	}
	var parts []string
	for _, state := range []generation.State{
		generation.StateCompleted, generation.StateFailed, generation.StateCanceled,
		generation.StatePaused, generation.StateHeld, generation.StateUnpaid, generation.StateUnknown, generation.StatePolling, generation.StateWaiting, generation.StateSubmitting,
	} {
		if counts[state] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[state], state))
		}
	}
	line := "**" + strings.Join(parts, ", ") + "**"
	if priced {
		line += fmt.Sprintf(" · %s so far", markdown.USD(usd))
	}
	return line
}

func detailsRow(status *generation.Status) string {
	cost := "–"
	if usd, known := record.Price(*status); known {
		cost = markdown.USD(usd)
	}
	prediction := "–"
	if id := status.PredictionID(); id != "" {
		prediction = "`" + id + "`"
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %s |\n",
		markdown.Escape(status.Key), markdown.Escape(status.Model), stateCell(status), markdown.Links(status.Outputs, nil), cost, prediction)
}

func stateCell(status *generation.Status) string {
	cell := "**" + string(status.State) + "**"
	if n := len(status.Attempts); n > 1 {
		cell += fmt.Sprintf(", attempt %d", n)
	}
	if n := len(status.Attempts); n > 0 && status.Attempts[n-1].Reason != "" {
		cell += ": " + markdown.Escape(plaintext.Clip(status.Attempts[n-1].Reason, maxReasonBytes))
	}
	return cell
}
