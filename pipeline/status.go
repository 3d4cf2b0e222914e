package pipeline

import (
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// RunState is where a run stands.
type RunState string

// States of runs.
const (
	RunChecking  RunState = "checking"
	RunRunning   RunState = "running"
	RunApproval  RunState = "approval" // people are asked
	RunHeld      RunState = "held"     // the budget does not cover what is next
	RunCompleted RunState = "completed"
	RunFailed    RunState = "failed"
	RunCanceled  RunState = "canceled"
)

// Status is a run as the query [StatusQuery] shows it. Its size does not depend on the
// number of items.
type Status struct {
	Pipeline string       `json:"pipeline"`
	State    RunState     `json:"state"`
	Steps    []StepStatus `json:"steps"`

	// Reason says why the run failed.
	Reason string `json:"reason,omitempty"`

	// Cost is what the run was charged so far, in USD; nil if no price is known.
	Cost *generation.USD `json:"cost,omitempty"`

	// Budget is its cap in USD, nil for none; Needs is the price that the cap does not
	// cover, while the run is held.
	Budget *generation.USD `json:"budget,omitempty"`
	Needs  generation.USD  `json:"needs,omitempty"`

	// Unanswered is what the provider did not answer when the run was checked.
	Unanswered []Unanswered `json:"unanswered,omitempty"`

	Estimate  *Estimate                   `json:"estimate,omitempty"`
	Approvals []generation.ApprovalStatus `json:"approvals,omitempty"`
	Outputs   map[string]any              `json:"outputs,omitempty"`
	Omitted   bool                        `json:"omitted,omitempty"`
	Started   time.Time                   `json:"started"`
	Ended     time.Time                   `json:"ended,omitzero"`
}

// StepState is where a step stands.
type StepState string

// States of steps.
const (
	StepWaiting   StepState = "waiting" // for others
	StepRunning   StepState = "running"
	StepApproval  StepState = "approval" // people are asked
	StepHeld      StepState = "held"     // the budget does not cover it
	StepCompleted StepState = "completed"
	StepFailed    StepState = "failed"
	StepRejected  StepState = "rejected"
	StepSkipped   StepState = "skipped"
	StepCanceled  StepState = "canceled"
)

// Ended tells whether a step in this state is over.
func (s StepState) Ended() bool {
	switch s {
	case StepCompleted, StepFailed, StepRejected, StepSkipped, StepCanceled:
		return true
	default:
		return false
	}
}

// StepStatus is one step of a run.
type StepStatus struct {
	ID    string    `json:"id"`
	Kind  Kind      `json:"kind"`
	State StepState `json:"state"`

	// Reason says why, where that needs saying; ErrorType is the type of the error.
	Reason    string `json:"reason,omitempty"`
	ErrorType string `json:"error_type,omitempty"`

	// Model is the one in use, or to be used first.
	Model string `json:"model,omitempty"`

	// Attempts counts submits, those of fallbacks and regenerations included.
	Attempts int `json:"attempts,omitempty"`

	// Items are the counts of a for_each; nil of other steps.
	Items *Counts `json:"items,omitempty"`

	// Outputs are the first few. OutputKeys are the keys of the items of a for_each that
	// gave them.
	Outputs    []generation.Output `json:"outputs,omitempty"`
	OutputKeys []string            `json:"output_keys,omitempty"`

	// Kept is set where the result was there before this run.
	Kept bool `json:"kept,omitempty"`

	// Decisions are those that people have taken about an approval in this run, in their
	// order, also before something was made again.
	Decisions []generation.Decision `json:"decisions,omitempty"`

	Cost    *generation.USD `json:"cost,omitempty"`
	Needs   []string        `json:"needs,omitempty"`
	Started time.Time       `json:"started,omitzero"`
	Ended   time.Time       `json:"ended,omitzero"`

	// Children are the workflows in which items are made.
	Children int `json:"children,omitempty"`
}

// Counts account for every item of a for_each: they add up to Total.
type Counts struct {
	Total     int `json:"total"`
	Completed int `json:"completed"`
	Failed    int `json:"failed"`

	// Running are in flight; of items that are made in children, at most so many.
	Running int `json:"running"`

	// Waiting are not started; after the step's end they never were.
	Waiting int `json:"waiting"`

	// Kept are those of Completed whose results were there before this run.
	Kept int `json:"kept,omitempty"`
}
