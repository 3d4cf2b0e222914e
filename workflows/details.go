package workflows

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

const (
	// maxDetailsBytes is what Temporal keeps of current details.
	maxDetailsBytes = 20_000
	maxTableBytes   = 15_000

	maxReasonBytes = 300
	maxLinks       = 4
	maxShown       = 20
)

// details is the board as Markdown: a line of counts and a row for each generation,
// as many as fit. The UI shows no images, so outputs are links.
func details(statuses []*generation.Status, approvals []*approval) string {
	var text strings.Builder
	for _, a := range approvals {
		if a.open() {
			text.WriteString(Question(a.status))
		}
	}
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

// Question is an open approval as Markdown: what to judge, and how to decide.
func Question(a generation.ApprovalStatus) string {
	var text strings.Builder
	fmt.Fprintf(&text, "**Decide: %s**", escape(a.Key))
	if a.Message != "" {
		text.WriteString(" – " + escape(clip(a.Message)))
	}
	text.WriteString("\n\n")
	for i, shown := range a.Show {
		if i == maxShown {
			fmt.Fprintf(&text, "- … and %d more: query `%s`\n", len(a.Show)-i, generation.ApprovalsQuery)
			break
		}
		text.WriteString("- " + shownLink(shown) + "\n")
	}
	for i, choice := range a.Choices {
		if i == maxShown {
			fmt.Fprintf(&text, "- … and %d more: query `%s`\n", len(a.Choices)-i, generation.ApprovalsQuery)
			break
		}
		fmt.Fprintf(&text, "- choice %d: %s\n", i, shownLink(generation.Output(choice).String()))
	}
	fmt.Fprintf(&text, "\nUpdate `%s`: approve", generation.DecideUpdate)
	if len(a.Regenerable) > 0 {
		fmt.Fprintf(&text, ", reject or regenerate %s", escape(strings.Join(a.Regenerable, ", ")))
	} else {
		text.WriteString(" or reject")
	}
	fmt.Fprintf(&text, "; %d of %d needed", approvals(a), a.Needed)
	if len(a.Approvers) > 0 {
		text.WriteString(" from " + escape(strings.Join(a.Approvers, ", ")))
	}
	fmt.Fprintf(&text, "; after %s: %s.\n\n", a.Deadline.UTC().Format("2006-01-02 15:04 UTC"), a.OnDeadline)
	return text.String()
}

// approvals counts the approvals there are.
func approvals(a generation.ApprovalStatus) int {
	n := 0
	for _, d := range a.Decisions {
		if d.Verdict == generation.Approve {
			n++
		}
	}
	return n
}

func shownLink(text string) string {
	encoded, _ := json.Marshal(text)
	output := generation.Output(encoded)
	if output.URL() == "" {
		return escape(clip(text))
	}
	return link(0, output)
}

// attemptRows lists a generation's attempts where there is more to say of them than
// its own row does.
func attemptRows(status *generation.Status) string {
	if len(status.Attempts) < 2 {
		return ""
	}
	var text strings.Builder
	fmt.Fprintf(&text, "\nAttempts of %s:\n\n", escape(status.Key))
	for _, a := range status.Attempts {
		fmt.Fprintf(&text, "%d. %s", a.Number, a.State)
		if a.PredictionID != "" {
			fmt.Fprintf(&text, ", prediction `%s`", a.PredictionID)
		}
		if a.Reason != "" {
			text.WriteString(": " + escape(clip(a.Reason)))
		}
		text.WriteString("\n")
	}
	return text.String()
}

func clip(reason string) string {
	if len(reason) > maxReasonBytes {
		return strings.ToValidUTF8(reason[:maxReasonBytes], "") + "…"
	}
	return reason
}

// headline counts the states, in the order of a generation's life.
func headline(statuses []*generation.Status) string {
	counts := make(map[generation.State]int)
	var usd float64
	priced := false
	for _, status := range statuses {
		counts[status.State]++
		if price, known := status.Price(); known {
			usd, priced = usd+price, true
		}
	}
	var parts []string
	for _, state := range []generation.State{
		generation.StateCompleted, generation.StateFailed, generation.StateCanceled,
		generation.StateHeld, generation.StateUnknown, generation.StatePolling, generation.StateWaiting, generation.StateSubmitting,
	} {
		if counts[state] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[state], state))
		}
	}
	line := "**" + strings.Join(parts, ", ") + "**"
	if priced {
		line += fmt.Sprintf(" · %s so far", dollars(usd))
	}
	return line
}

func detailsRow(status *generation.Status) string {
	cost := "–"
	if usd, known := status.Price(); known {
		cost = dollars(usd)
	}
	prediction := "–"
	if id := status.PredictionID(); id != "" {
		prediction = "`" + id + "`"
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %s |\n",
		escape(status.Key), escape(status.Model), stateCell(status), links(status.Outputs), cost, prediction)
}

func stateCell(status *generation.Status) string {
	cell := "**" + string(status.State) + "**"
	if n := len(status.Attempts); n > 1 {
		cell += fmt.Sprintf(", attempt %d", n)
	}
	if n := len(status.Attempts); n > 0 && status.Attempts[n-1].Reason != "" {
		cell += ": " + escape(clip(status.Attempts[n-1].Reason))
	}
	return cell
}

func links(outputs []generation.Output) string {
	var cells []string
	for i, output := range outputs {
		if i == maxLinks {
			cells = append(cells, fmt.Sprintf("and %d more", len(outputs)-i))
			break
		}
		cells = append(cells, link(i, output))
	}
	if len(cells) == 0 {
		return "–"
	}
	return strings.Join(cells, " ")
}

// link shows a file's name. A URL that Markdown could take for more than a URL is
// not made a link.
func link(i int, output generation.Output) string {
	url := output.URL()
	if url == "" {
		return fmt.Sprintf("output %d", i)
	}
	if strings.ContainsAny(url, "()<>|`\" \n\\") {
		return fmt.Sprintf("output %d (query `%s`)", i, generation.StatusQuery)
	}
	name, _, _ := strings.Cut(path.Base(url), "?")
	if name == "" || len(name) > 40 {
		name = fmt.Sprintf("output %d", i)
	}
	return fmt.Sprintf("[%s](%s)", escape(name), url)
}

func dollars(usd float64) string {
	text := strings.TrimRight(fmt.Sprintf("%.4f", usd), "0")
	if i := strings.IndexByte(text, '.'); len(text)-i <= 2 {
		text += strings.Repeat("0", i+3-len(text))
	}
	return "$" + text
}

// escape keeps a text inside its table cell and from being taken for markup.
func escape(text string) string {
	var escaped strings.Builder
	for _, r := range text {
		switch {
		case slices.Contains([]rune("\\`*_[]<>|#~!"), r):
			escaped.WriteRune('\\')
			escaped.WriteRune(r)
		case r < ' ':
			escaped.WriteRune(' ')
		default:
			escaped.WriteRune(r)
		}
	}
	return escaped.String()
}
