package generation

import (
	"encoding/json"
	"time"
)

// Verdict values of a [Decision], and of an approval that has ended.
const (
	// Approve lets the workflow continue.
	Approve = "approve"

	// Reject ends the approval without.
	Reject = "reject"

	// Regenerate asks for another try of what is judged, perhaps with another input.
	Regenerate = "regenerate"

	// Withdrawn is how an approval ended that was canceled; nobody decides it.
	Withdrawn = "withdrawn"
)

// Decision is what one person says to what a workflow asks, as the argument of the
// update [DecideUpdate].
type Decision struct {
	// Approval is the key of the approval that it is for. May be empty while only one
	// is open.
	Approval string `json:"approval,omitempty"`

	// Verdict is approve, reject or regenerate.
	Verdict string `json:"verdict"`

	// By is who decides. It is not verified: Temporal knows who may send updates, not
	// who they say they are. Required where approvers are named or several are needed.
	By string `json:"by,omitempty"`

	// Comment is shown beside the decision.
	Comment string `json:"comment,omitempty"`

	// Choice is which of the approval's choices is approved, counted from 0. Required
	// where there are any.
	Choice *int `json:"choice,omitempty"`

	// Regenerate names what is to be made again, of what the approval allows. May be
	// empty where it allows one thing only.
	Regenerate string `json:"regenerate,omitempty"`

	// Items are the items to make again, counted from 0, where Regenerate has several.
	// Defaults to all.
	Items []int `json:"items,omitempty"`

	// Input replaces fields of the input with which it is made again; null removes one.
	Input map[string]any `json:"input,omitempty"`

	// At is when the workflow accepted the decision, and set by it.
	At time.Time `json:"at,omitzero"`
}

// ApprovalStatus is an approval as queries and updates show it.
type ApprovalStatus struct {
	Key     string `json:"key"`
	Message string `json:"message,omitempty"`

	// Note says why the same is asked again: what was to be made again failed.
	Note string `json:"note,omitempty"`

	// Show is what is to be judged: addresses, mostly.
	Show []string `json:"show,omitempty"`

	// Choices are what one of is to be chosen.
	Choices []json.RawMessage `json:"choices,omitempty"`

	// ShowKeys and ChoiceKeys are the keys of the generations that made what Show and
	// Choices hold, "" where none did. Empty where none did at all.
	ShowKeys   []string `json:"show_keys,omitempty"`
	ChoiceKeys []string `json:"choice_keys,omitempty"`

	// Approvers are who may decide; empty for anybody.
	Approvers []string `json:"approvers,omitempty"`

	// Needed is how many must approve.
	Needed int `json:"needed"`

	// Regenerable are what Regenerate may name.
	Regenerable []string `json:"regenerable,omitempty"`

	// Deadline is when OnDeadline is taken for the verdict.
	Deadline   time.Time `json:"deadline,omitzero"`
	OnDeadline string    `json:"on_deadline,omitempty"`

	// Decisions are those taken, in their order.
	Decisions []Decision `json:"decisions,omitempty"`

	// Earlier are decisions taken when the same was asked before, without their Input: each
	// round ends with one that had something made again.
	Earlier []Decision `json:"earlier,omitempty"`

	// Verdict is how the approval ended; empty while it is open.
	Verdict string `json:"verdict,omitempty"`

	// Choice is the one that was approved.
	Choice *int `json:"choice,omitempty"`
}

// Votes counts the approvals of a choice; all of them for nil.
func (a ApprovalStatus) Votes(choice *int) int {
	n := 0
	for _, d := range a.Decisions {
		if d.Verdict == Approve && (choice == nil || d.Choice != nil && *d.Choice == *choice) {
			n++
		}
	}
	return n
}

// ShowKey is the key of the generation that made Show[i]; "" if it is not known.
func (a ApprovalStatus) ShowKey(i int) string { return at(a.ShowKeys, i) }

// ChoiceKey is the key of the generation that made Choices[i]; "" if it is not known.
func (a ApprovalStatus) ChoiceKey(i int) string { return at(a.ChoiceKeys, i) }

func at(keys []string, i int) string {
	if i < 0 || i >= len(keys) {
		return ""
	}
	return keys[i]
}

// Favourite is the choice with the most votes, the first of equals; nil without choices.
func (a ApprovalStatus) Favourite() *int {
	var favourite *int
	most := -1
	for i := range a.Choices {
		if votes := a.Votes(&i); votes > most {
			favourite, most = &i, votes
		}
	}
	return favourite
}
