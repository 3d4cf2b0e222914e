// Package ballot counts the decisions on an approval.
package ballot

import "github.com/wavespeed-temporal/wavespeed-temporal/generation"

// Votes counts the approvals of a choice, or all approvals for nil.
func Votes(a generation.ApprovalStatus, choice *int) int {
	n := 0
	for _, d := range a.Decisions {
		if d.Verdict == generation.VerdictApprove && (choice == nil || d.Choice != nil && *d.Choice == *choice) {
			n++
		}
	}
	return n
}

// Favourite returns the choice with the most votes, the first in case of a tie; nil without
// choices.
func Favourite(a generation.ApprovalStatus) *int {
	var favourite *int
	most := -1
	for i := range a.Choices {
		if votes := Votes(a, &i); votes > most {
			favourite, most = &i, votes
		}
	}
	return favourite
}

// ShowKey returns the key of the generation that produced Show[i]; "" if unknown.
func ShowKey(a generation.ApprovalStatus, i int) string { return at(a.ShowKeys, i) }

// ChoiceKey returns the key of the generation that produced Choices[i]; "" if unknown.
func ChoiceKey(a generation.ApprovalStatus, i int) string { return at(a.ChoiceKeys, i) }

func at(keys []string, i int) string {
	if i < 0 || i >= len(keys) {
		return ""
	}
	return keys[i]
}
