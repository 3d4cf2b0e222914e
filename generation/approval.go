package generation

import (
	"encoding/json"
	"time"
)

// The verdicts: what people decide, and how an approval has ended.
const (
	// VerdictApprove lets the workflow continue.
	VerdictApprove = "approve"

	// VerdictReject ends the approval without approving.
	VerdictReject = "reject"

	// VerdictRegenerate requests a new version of what is judged, perhaps with different input.
	VerdictRegenerate = "regenerate"

	// VerdictWithdrawn is the outcome of a canceled approval; nobody decides it.
	VerdictWithdrawn = "withdrawn"
)

// Decision is one person's decision on an approval, as the argument of the update
// [DecideUpdate].
type Decision struct {
	// Approval is the key of the approval. May be empty while only one is open.
	Approval string `json:"approval,omitempty"`

	// Verdict is approve, reject or regenerate.
	Verdict string `json:"verdict"`

	// By is the name of the person who decides. It is not verified: Temporal knows who may send
	// updates, not who they say they are. Required if approvers are named or several are
	// needed.
	By string `json:"by,omitempty"`

	// Comment is shown with the decision.
	Comment string `json:"comment,omitempty"`

	// Choice is the approved choice, counting from 0. Required if there are choices.
	Choice *int `json:"choice,omitempty"`

	// Regenerate names what to regenerate, of what the approval allows. May be empty if it
	// allows only one thing.
	Regenerate string `json:"regenerate,omitempty"`

	// Items are the items to regenerate, counting from 0, if Regenerate has several. Defaults
	// to all.
	Items []int `json:"items,omitempty"`

	// Input replaces fields of the input for the regeneration; null removes a field.
	Input map[string]any `json:"input,omitempty"`

	// At is when the workflow accepted the decision, and set by it.
	At time.Time `json:"at,omitzero"`
}

// ApprovalStatus is an approval as returned by queries and updates.
type ApprovalStatus struct {
	Key     string `json:"key"`
	Message string `json:"message,omitempty"`

	// Note explains why people are asked again, for example because a regeneration failed.
	Note string `json:"note,omitempty"`

	// Show is what people should judge, usually URLs.
	Show []string `json:"show,omitempty"`

	// Choices are the choices, of which people choose one.
	Choices []json.RawMessage `json:"choices,omitempty"`

	// ShowKeys and ChoiceKeys are the keys of the generations that produced Show and Choices,
	// "" for an entry without one. Empty if no entry has one.
	ShowKeys   []string `json:"show_keys,omitempty"`
	ChoiceKeys []string `json:"choice_keys,omitempty"`

	// Approvers are the people who may decide; empty for anybody.
	Approvers []string `json:"approvers,omitempty"`

	// Needed is how many people must approve.
	Needed int `json:"needed"`

	// Regenerable lists the values that Regenerate allows.
	Regenerable []string `json:"regenerable,omitempty"`

	// Deadline is when OnDeadline becomes the verdict.
	Deadline   time.Time `json:"deadline,omitzero"`
	OnDeadline string    `json:"on_deadline,omitempty"`

	// Decisions are the decisions so far, in order.
	Decisions []Decision `json:"decisions,omitempty"`

	// Earlier are decisions from previous rounds of the same approval, without their Input.
	// Each round ends with a decision to regenerate.
	Earlier []Decision `json:"earlier,omitempty"`

	// Verdict is the outcome of the approval; empty while it is open.
	Verdict string `json:"verdict,omitempty"`

	// Choice is the approved choice.
	Choice *int `json:"choice,omitempty"`
}
