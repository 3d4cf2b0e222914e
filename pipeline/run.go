package pipeline

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/shape"
)

// Run asks for one execution of a pipeline. The definition is part of it, so that a
// later edit changes nothing in a run that has started.
type Run struct {
	// Pipeline is the definition: the content of a pipeline file, as JSON.
	Pipeline Definition `json:"pipeline"`

	// Inputs are the values of the pipeline's inputs. Those with a default are optional.
	Inputs map[string]any `json:"inputs,omitempty"`

	// Budget replaces the cap of the pipeline's budget, in USD. Defaults to that cap.
	Budget *generation.USD `json:"budget,omitempty"`

	// Resume keeps what an earlier run has paid for. Defaults to none: everything is
	// generated.
	Resume *Resume `json:"resume,omitempty"`

	// SearchAttributes sets the search attributes of this package on the run. If the
	// namespace lacks them, the run hangs. Defaults to false.
	SearchAttributes bool `json:"search_attributes,omitempty"`
}

// MaxRunBytes bounds a [Run] as JSON. Temporal takes 2 MiB.
const MaxRunBytes = 1_900_000

// TooLarge is the problem of a run of more bytes than [MaxRunBytes].
func TooLarge(bytes int) Problem {
	return Problem{Message: fmt.Sprintf("the run's argument has %d bytes, more than %d; give files by their addresses", bytes, MaxRunBytes)}
}

// Resume says which results of an earlier run to keep. A step's result is kept if its
// request is the same: model, account and input.
type Resume struct {
	// WorkflowID is the earlier run's workflow id. Defaults to the new run's own.
	WorkflowID string `json:"workflow_id,omitempty"`

	// RunID is the earlier run's run id.
	RunID string `json:"run_id"`

	// From is a step to generate again, with all steps that depend on it. Defaults to none:
	// only what failed, or did not start, is generated.
	From string `json:"from,omitempty"`

	// Input replaces fields of steps' inputs, by step; null removes one. Defaults to none.
	Input map[string]map[string]any `json:"input,omitempty"`

	// DropChanges discards what earlier runs, or regenerations in them, changed in steps'
	// inputs. Defaults to keeping those changes.
	DropChanges bool `json:"drop_changes,omitempty"`

	// ResubmitUnknown submits again what may have been accepted, instead of searching for it
	// first: the risk is to pay twice. Defaults to false.
	ResubmitUnknown bool `json:"resubmit_unknown,omitempty"`
}

// Result is what a completed run gives.
type Result struct {
	// Outputs are the pipeline's outputs by name.
	Outputs map[string]any `json:"outputs"`

	// Omitted is set where the outputs are too large for a result; the query
	// [ResultsQuery] gives them in pages.
	Omitted bool `json:"omitted,omitempty"`

	// Cost is what this run was charged, in USD, without what earlier ones were; nil if no
	// price is known.
	Cost *generation.USD `json:"cost,omitempty"`

	// Steps are all steps, in the order of the definition.
	Steps []StepStatus `json:"steps"`
}

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

// Report is what a check before the run finds.
type Report struct {
	Problems Problems  `json:"problems,omitempty"`
	Estimate *Estimate `json:"estimate,omitempty"`

	// Fields are the names that the inputs of steps' models may have, by step.
	Fields map[string][]string `json:"fields,omitempty"`

	// Shapes are what models take in the fields that expressions decide, by model: the run
	// checks those values before it submits them. A report without is one of an older version.
	Shapes map[string]*shape.Shape `json:"shapes,omitempty"`

	// Unanswered are questions that the provider did not answer, and so what was not checked.
	Unanswered []Unanswered `json:"unanswered,omitempty"`
}

// Endpoint is what the provider is asked.
type Endpoint string

// The endpoints that a check asks.
const (
	EndpointModels  Endpoint = "models"
	EndpointPrice   Endpoint = "price"
	EndpointBalance Endpoint = "balance"
	EndpointCharges Endpoint = "charges"
)

// Unanswered is an endpoint that was down, forbidden, or gave an answer that cannot be.
type Unanswered struct {
	Endpoint Endpoint `json:"endpoint"`
	Account  string   `json:"account"`

	// Steps are those whose price was asked for.
	Steps []string `json:"steps,omitempty"`

	// Reason is the error, of the first step where there are several.
	Reason string `json:"reason"`
}

// String says what was not answered, what that means, and why.
func (u Unanswered) String() string {
	switch u.Endpoint {
	case EndpointModels:
		return fmt.Sprintf("account %s: the models can't be read, so models and inputs are not checked: %s", u.Account, u.Reason)
	case EndpointPrice:
		steps := "step"
		if len(u.Steps) > 1 {
			steps = "steps"
		}
		return fmt.Sprintf("account %s: no price can be had for %s %s: %s", u.Account, steps, strings.Join(u.Steps, ", "), u.Reason)
	case EndpointBalance:
		return fmt.Sprintf("account %s: the balance can't be read, so it may not cover the run: %s", u.Account, u.Reason)
	case EndpointCharges:
		return fmt.Sprintf("account %s: its charges can't be read, so a submit whose answer is lost can't be proven absent, and a person may have to decide: %s", u.Account, u.Reason)
	default:
		return fmt.Sprintf("account %s: %s: %s", u.Account, u.Endpoint, u.Reason)
	}
}

// Estimate is what a run is likely to cost, in USD, if nothing fails and people approve what
// they are shown.
type Estimate struct {
	Steps []StepEstimate `json:"steps"`

	// Total is the least that it costs.
	Total generation.USD `json:"total"`

	// Most is what it costs if every step runs with as many items as it may have, and with
	// the dearest of its models; nil where it is Total, or not known.
	Most *generation.USD `json:"most,omitempty"`

	// AtLeast is set where Most is not known, because nothing bounds the price of a step.
	AtLeast bool `json:"at_least,omitempty"`

	// Balance is the account's credit; nil if it was not asked.
	Balance *generation.USD `json:"balance,omitempty"`
}

// Text is the estimate as people read it, such as "$0.07 to $1.32".
func (e Estimate) Text() string {
	switch most, known := e.Upper(); {
	case !known:
		return "at least " + e.Total.String()
	case most == e.Total:
		return "about " + e.Total.String()
	default:
		return e.Total.String() + " to " + most.String()
	}
}

// Upper is the upper end of the estimate, and whether it is known.
func (e Estimate) Upper() (most generation.USD, known bool) { return upper(e.Total, e.Most, e.AtLeast) }

// Upper is the upper end of the step's estimate, and whether it is known.
func (e StepEstimate) Upper() (most generation.USD, known bool) {
	return upper(e.Total, e.Most, e.AtLeast)
}

func upper(total generation.USD, most *generation.USD, atLeast bool) (generation.USD, bool) {
	if most != nil {
		total = *most
	}
	return total, !atLeast
}

// StepEstimate is what one step is likely to cost.
type StepEstimate struct {
	ID    string `json:"id"`
	Model string `json:"model"`

	// Items is how many there are at least, 0 for a step that may be skipped; MostItems how
	// many at most, where that differs and is known.
	Items     int `json:"items"`
	MostItems int `json:"most_items,omitempty"`

	// Each is the price of one, Total that of Items; Most that of all there may be, with the
	// dearest model, and nil where it is Total, or not known.
	Each  generation.USD  `json:"each"`
	Total generation.USD  `json:"total"`
	Most  *generation.USD `json:"most,omitempty"`

	// AtLeast is set where the price depends on what is only known in the run; Unknown
	// where nothing bounds the number of items.
	AtLeast bool `json:"at_least,omitempty"`
	Unknown bool `json:"unknown,omitempty"`

	// Unpriced says why no price could be had; Each and Total are 0 then.
	Unpriced string `json:"unpriced,omitempty"`

	// Sampled is how many items were priced, if not all.
	Sampled int `json:"sampled,omitempty"`
}

// RecallInput is the argument of the activity [RecallName].
type RecallInput struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
	Cursor     Cursor `json:"cursor"`
}

// Cursor is a place in a run's results: a child of a step, or after its children an item.
// The zero value is the first.
type Cursor struct {
	Step  string `json:"step,omitempty"`
	Child int    `json:"child,omitempty"`
	Item  int    `json:"item,omitempty"`
}

// Page is a part of a run's results.
type Page struct {
	Steps []StepResults `json:"steps"`

	// Next is where the next page begins; nil after the last.
	Next *Cursor `json:"next,omitempty"`

	// Before is the run whose results are to be read instead: the one asked was to resume
	// it, and ended before it had read them.
	Before *Child `json:"before,omitempty"`
}

// StepResults are what a step has made.
type StepResults struct {
	ID string `json:"id"`

	// Input is what a regeneration changed in the step's input; ItemInput in that of
	// single items, by their keys.
	Input     map[string]any            `json:"input,omitempty"`
	ItemInput map[string]map[string]any `json:"item_input,omitempty"`

	// Items are the generations, one entry for a step without for_each.
	Items []ItemResult `json:"items,omitempty"`

	// Children are workflows with results that the run has not taken over.
	Children []Child `json:"children,omitempty"`

	// Approval is how people decided.
	Approval *generation.ApprovalStatus `json:"approval,omitempty"`
}

// ItemResult is what became of one item.
type ItemResult struct {
	Index int       `json:"index"`
	Key   string    `json:"key,omitempty"`
	State StepState `json:"state"`

	// Reason says why an item failed without a generation.
	Reason string `json:"reason,omitempty"`

	// Generations are those of the item: one, or more after fallbacks and regenerations.
	// The last tells what became of it.
	Generations []generation.Status `json:"generations,omitempty"`

	// Replaced are older ones that somebody had made again. They were paid for, and are used
	// again only when what was changed is dropped.
	Replaced []generation.Status `json:"replaced,omitempty"`
}

// Child names a workflow.
type Child struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
}

// Last is the generation that tells what became of the item; the zero value while none
// was started.
func (i ItemResult) Last() generation.Status {
	if len(i.Generations) == 0 {
		return generation.Status{}
	}
	return i.Generations[len(i.Generations)-1]
}

// DecodeOutput is an output as expressions see it.
func DecodeOutput(output generation.Output) any {
	value, err := Decode(json.RawMessage(output))
	if err != nil {
		return nil
	}
	return value
}
