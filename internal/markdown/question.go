package markdown

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/ballot"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plaintext"
)

// Question formats an open approval as Markdown: what to judge, and how to decide.
func Question(a generation.ApprovalStatus) string {
	var text strings.Builder
	fmt.Fprintf(&text, "**Decide: %s**", Escape(a.Key))
	if a.Message != "" {
		text.WriteString(" – " + Escape(plaintext.Clip(a.Message, maxMessage)))
	}
	text.WriteString("\n\n")
	if a.Note != "" {
		fmt.Fprintf(&text, "**Asked again:** %s\n\n", Escape(plaintext.Clip(a.Note, maxMessage)))
	}
	for i, shown := range a.Show {
		if i == maxShown {
			fmt.Fprintf(&text, "- … and %d more: query `%s`\n", len(a.Show)-i, generation.ApprovalsQuery)
			break
		}
		text.WriteString("- " + shownLink(shown, ballot.ShowKey(a, i)) + "\n")
	}
	for i, choice := range a.Choices {
		if i == maxShown {
			fmt.Fprintf(&text, "- … and %d more: query `%s`\n", len(a.Choices)-i, generation.ApprovalsQuery)
			break
		}
		fmt.Fprintf(&text, "- choice %d: %s\n", i, shownLink(generation.Output(choice).String(), ballot.ChoiceKey(a, i)))
	}
	fmt.Fprintf(&text, "\nUpdate `%s` with `%s`: approve", generation.DecideUpdate, sample(a))
	if len(a.Regenerable) > 0 {
		fmt.Fprintf(&text, ", reject or regenerate %s", Escape(strings.Join(a.Regenerable, ", ")))
	} else {
		text.WriteString(" or reject")
	}
	fmt.Fprintf(&text, "; %d of %d needed", ballot.Votes(a, ballot.Favourite(a)), a.Needed)
	if len(a.Approvers) > 0 {
		text.WriteString(" from " + Escape(strings.Join(a.Approvers, ", ")))
	}
	fmt.Fprintf(&text, "; after %s: %s.\n\n", a.Deadline.UTC().Format("2006-01-02 15:04 UTC"), a.OnDeadline)
	if len(a.Earlier) > 0 {
		text.WriteString("Decided before: " + Decisions(a.Earlier) + "\n\n")
	}
	if len(a.Decisions) > 0 {
		text.WriteString("Decided so far: " + Decisions(a.Decisions) + "\n\n")
	}
	return text.String()
}

const (
	maxDecisions = 10
	maxComment   = 100
)

// Decisions lists who decided what, with comments, for a table cell.
func Decisions(decisions []generation.Decision) string {
	var parts []string
	if more := len(decisions) - maxDecisions; more > 0 {
		parts = append(parts, fmt.Sprintf("%d before", more))
		decisions = decisions[more:]
	}
	for _, d := range decisions {
		by := "somebody"
		if d.By != "" {
			by = Escape(plaintext.Clip(d.By, maxName))
		}
		part := by + ": " + Escape(d.Verdict)
		if d.Choice != nil {
			part += fmt.Sprintf(" %d", *d.Choice)
		}
		if d.Regenerate != "" {
			part += " " + Escape(d.Regenerate)
		}
		if d.Comment != "" {
			part += " (" + Escape(plaintext.Clip(d.Comment, maxComment)) + ")"
		}
		if !d.At.IsZero() {
			part += d.At.UTC().Format(" at 2006-01-02 15:04 UTC")
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

// sample is an example decision.
func sample(a generation.ApprovalStatus) string {
	text := `{"verdict": "approve"`
	if len(a.Choices) > 0 {
		text += `, "choice": 0`
	}
	if len(a.Approvers) > 0 || a.Needed > 1 {
		text += `, "by": "…"`
	}
	return text + "}"
}

// shownLink formats something to judge, with the key of its item if known.
func shownLink(text, key string) string {
	encoded, _ := json.Marshal(text)
	output := generation.Output(encoded)
	switch {
	case output.URL() != "":
		return link(0, key, output)
	case key != "":
		return Escape(plaintext.Clip(key, maxName)) + ": " + Escape(plaintext.Clip(text, maxMessage))
	default:
		return Escape(plaintext.Clip(text, maxMessage))
	}
}
