package pipeline

import (
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// State is the state of a run, of a step, or of an item.
type State string

// The states.
const (
	StateChecking  State = "checking" // a run, before anything is paid
	StateWaiting   State = "waiting"  // a step, for others
	StateRunning   State = "running"
	StateApproval  State = "approval" // waiting for people to decide
	StatePaused    State = "paused"   // by a person; nothing new is submitted
	StateHeld      State = "held"     // the budget or the balance does not cover the next submit
	StateCompleted State = "completed"
	StateFailed    State = "failed"
	StateRejected  State = "rejected" // a step, by people
	StateSkipped   State = "skipped"  // a step whose If was false, or that needs another
	StateCanceled  State = "canceled"
)

// Status is the state of a run, as [Run.Status] and the query wavespeed.pipeline return it. Its
// size does not depend on the number of items.
type Status struct {
	Pipeline string       `json:"pipeline"`
	State    State        `json:"state"`
	Steps    []StepStatus `json:"steps"`

	// Reason says why the run failed.
	Reason string `json:"reason,omitempty"`

	// Paused is when the run was paused; zero unless it is.
	Paused time.Time `json:"paused,omitzero"`

	// Cost is what the run was charged so far, in USD; nil if no price is known.
	Cost *generation.USD `json:"cost,omitempty"`

	// Budget is its cap in USD, nil for none. Uncovered is the price that the cap does not cover,
	// while the run is held for that.
	Budget    *generation.USD `json:"budget,omitempty"`
	Uncovered generation.USD  `json:"needs,omitempty"`

	// TopUp are the accounts whose balance does not cover the next submit, while the run waits
	// for a top-up.
	TopUp []string `json:"top_up,omitempty"`

	// Unanswered are requests that the provider did not answer when the run was checked.
	Unanswered []Unanswered `json:"unanswered,omitempty"`

	Estimate  *Estimate                   `json:"estimate,omitempty"`
	Approvals []generation.ApprovalStatus `json:"approvals,omitempty"`
	Outputs   map[string]any              `json:"outputs,omitempty"`
	Omitted   bool                        `json:"omitted,omitempty"`
	Started   time.Time                   `json:"started"`
	Ended     time.Time                   `json:"ended,omitzero"`
}

// StepStatus is one step of a run.
type StepStatus struct {
	ID string `json:"id"`

	// Kind is generate, for_each or approve.
	Kind string `json:"kind"`

	State State `json:"state"`

	// Reason explains the state, if necessary; ErrorType is the type of the error.
	Reason    string `json:"reason,omitempty"`
	ErrorType string `json:"error_type,omitempty"`

	// Model is the model in use, or the first to be used.
	Model string `json:"model,omitempty"`

	// Attempts counts submits, including those of fallbacks and regenerations.
	Attempts int `json:"attempts,omitempty"`

	// Items are the counts of a for_each; nil for other steps.
	Items *Counts `json:"items,omitempty"`

	// Outputs are the first few outputs. OutputKeys are the keys of the for_each items that
	// produced them.
	Outputs    []generation.Output `json:"outputs,omitempty"`
	OutputKeys []string            `json:"output_keys,omitempty"`

	// Kept is set if the result comes from an earlier run.
	Kept bool `json:"kept,omitempty"`

	// Decisions are the decisions on an approval in this run, in order, including those before
	// regenerations.
	Decisions []generation.Decision `json:"decisions,omitempty"`

	Cost    *generation.USD `json:"cost,omitempty"`
	Needs   []string        `json:"needs,omitempty"`
	Started time.Time       `json:"started,omitzero"`
	Ended   time.Time       `json:"ended,omitzero"`

	// Children is the number of child workflows that run items.
	Children int `json:"children,omitempty"`
}

// Counts counts the items of a for_each by state. They add up to Total.
type Counts struct {
	Total     int `json:"total"`
	Completed int `json:"completed"`
	Failed    int `json:"failed"`

	// Running is the number in progress; for items in children, it is an upper bound.
	Running int `json:"running"`

	// Waiting is the number not started; after the step has ended, they never will be.
	Waiting int `json:"waiting"`

	// Kept is the number of Completed whose results come from an earlier run.
	Kept int `json:"kept,omitempty"`
}
