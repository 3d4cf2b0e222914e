package pipeline

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// Definition is a pipeline: steps in their order, with what goes in and what comes out.
// Texts in it may hold expressions, as "${{ steps.still.output }}".
type Definition struct {
	// Name is what runs of it are called in the Temporal UI: 1 to 100 letters, digits, dots,
	// dashes and underscores. Defaults to "unnamed", or to the file's name of a pipeline
	// that is read from a file.
	Name string `json:"name,omitempty"`

	// Description is shown where the pipeline is chosen or looked at.
	Description string `json:"description,omitempty"`

	// Inputs are what a run is given, by name.
	Inputs Named[Input] `json:"inputs,omitempty"`

	// Account names the API key with which steps submit. Defaults to "default".
	Account string `json:"account,omitempty"`

	// Budget caps what a run may cost. Defaults to no bound.
	Budget *Budget `json:"budget,omitempty"`

	// Steps are what is done, by id. At least one.
	Steps Named[Step] `json:"steps"`

	// Outputs are what a run gives, by name: texts with expressions, lists or objects of
	// them. Defaults to the output of each step.
	Outputs Named[any] `json:"outputs,omitempty"`
}

// Input describes one input of a run. In short: the type alone.
type Input struct {
	// Type is string, integer, number, boolean, array, object, or file: the URL of a file,
	// for which the command line uploads one. Defaults to string.
	Type InputType `json:"type,omitempty"`

	Description string `json:"description,omitempty"`

	// Default makes the input optional.
	Default any `json:"default,omitempty"`

	// Enum are the values allowed. Defaults to all.
	Enum []any `json:"enum,omitempty"`
}

// InputType is the type of an input.
type InputType string

// The types of inputs.
const (
	TypeString  InputType = "string"
	TypeInteger InputType = "integer"
	TypeNumber  InputType = "number"
	TypeBoolean InputType = "boolean"
	TypeArray   InputType = "array"
	TypeObject  InputType = "object"
	TypeFile    InputType = "file"
)

// String is the type's name.
func (t InputType) String() string {
	if t == "" {
		return string(TypeString)
	}
	return string(t)
}

// Budget caps what a run may cost. In short: USD alone.
type Budget struct {
	// USD is the cap, in US dollars. Required.
	USD generation.USD `json:"usd"`

	// OnExceeded is what happens at the submit that would pass the cap: wait holds the run
	// until the cap is raised, fail ends it. Either way that submit is not sent, and what
	// was paid for is kept. Defaults to wait.
	OnExceeded OnExceeded `json:"on_exceeded,omitempty"`
}

// OnExceeded is what happens to a run whose budget does not cover the next submit.
type OnExceeded string

// What can happen then.
const (
	WaitForMore OnExceeded = "wait"
	FailOver    OnExceeded = "fail"
)

// Step is one thing that a run does: a generation of Model, one for each item of
// ForEach, or a question to people.
type Step struct {
	// Description says in the UI and in graphs what the step is for.
	Description string `json:"description,omitempty"`

	// Needs are steps that must have completed before, beyond those that the step's
	// expressions refer to.
	Needs []string `json:"needs,omitempty"`

	// If is an expression that must be true for the step to run; it is skipped otherwise.
	// A step that needs one that failed or was skipped is skipped too, unless its If looks
	// at that one's state. Defaults to true.
	If string `json:"if,omitempty"`

	// Model is the provider's model id. Required, except with Approve.
	Model string `json:"model,omitempty"`

	// Input is what the model is given.
	Input map[string]any `json:"input,omitempty"`

	// ForEach runs the model once for each item of a list, with item and index in
	// expressions of Input. Defaults to once.
	ForEach *ForEach `json:"for_each,omitempty"`

	// Account names the API key with which to submit. Defaults to the pipeline's.
	Account string `json:"account,omitempty"`

	// Timeout bounds one generation. Defaults to 6 hours.
	Timeout Duration `json:"timeout,omitzero"`

	// Retry submits a prediction again that failed for a reason that may pass. Defaults to
	// none.
	Retry *Retry `json:"retry,omitempty"`

	// Fallback are models to try when this one fails, in order. Defaults to none.
	Fallback []Fallback `json:"fallback,omitempty"`

	// OnUnknown is fail, resubmit or ask, for a submit of which nothing can tell whether it
	// was accepted. Defaults to fail: nothing is paid twice.
	OnUnknown string `json:"on_unknown,omitempty"`

	// Approve makes the step a question to people, in place of a generation.
	Approve *Approve `json:"approve,omitempty"`
}

// MaxItems is how many items a step may have. With more, a run that resumes it would not
// fit into the 50 MiB of history that Temporal allows.
const MaxItems = 20_000

// ForEach spreads a step over a list. In short: Items alone.
type ForEach struct {
	// Items is the list, or an expression that gives one. Required.
	Items any `json:"items"`

	// Key is an expression that names an item, as item.sku: in the UI, and to find its
	// result again when a run is resumed with another list. Defaults to the index.
	Key string `json:"key,omitempty"`

	// MaxParallel is how many are in flight at once. Defaults to 10.
	MaxParallel int `json:"max_parallel,omitempty"`

	// Tolerate is how many items may fail: a number, or a share as "5%". When one more
	// has, no further item is submitted, and the step fails. Defaults to 0.
	Tolerate Tolerance `json:"tolerate,omitzero"`
}

// Retry submits again what failed for a reason that may pass. In short: Predictions alone.
type Retry struct {
	// Predictions is how many may be paid for in all; the provider refunds failed ones.
	// From 1 to 100. Required.
	Predictions int `json:"predictions"`

	// Wait is how long before the next. Defaults to 10 seconds.
	Wait Duration `json:"wait,omitzero"`
}

// Fallback is a model to try when the ones before have failed. In short: Model alone.
type Fallback struct {
	// Model is the provider's model id. Required.
	Model string `json:"model"`

	// Input is what this model is given. Defaults to the step's; an empty one is nothing.
	Input map[string]any `json:"input,omitzero"`

	// On are the kinds of error after which it is tried: those of package generation
	// without "wavespeed.". Defaults to PredictionFailed, ModelNotFound and RateLimited.
	On []string `json:"on,omitempty"`
}

// Approve is a question to people.
type Approve struct {
	// Message says what is to be decided.
	Message string `json:"message,omitempty"`

	// Show is what is to be judged: an output, or a list of them.
	Show any `json:"show,omitempty"`

	// Choose is a list of which one is to be chosen; it is the step's choice then, and its
	// output. Defaults to none: a yes or no.
	Choose any `json:"choose,omitempty"`

	// Approvers are who may decide. Defaults to anybody.
	Approvers []string `json:"approvers,omitempty"`

	// Needed is how many must approve. Defaults to 1.
	Needed int `json:"needed,omitempty"`

	// Timeout is how long to wait. Defaults to 72 hours.
	Timeout Duration `json:"timeout,omitzero"`

	// OnTimeout is approve or reject. Defaults to reject.
	OnTimeout string `json:"on_timeout,omitempty"`

	// Regenerate are the steps that may be asked to be made again, with changed input.
	// Whatever else uses them must wait for this step. Defaults to the generations that
	// Show and Choose refer to; an empty list is none.
	Regenerate *[]string `json:"regenerate,omitempty"`
}

// Kind is what a step does.
type Kind string

// The kinds of steps.
const (
	KindGenerate Kind = "generate"
	KindForEach  Kind = "for_each"
	KindApprove  Kind = "approve"
)

// Kind is what the step does.
func (s Step) Kind() Kind {
	switch {
	case s.Approve != nil:
		return KindApprove
	case s.ForEach != nil:
		return KindForEach
	default:
		return KindGenerate
	}
}

// Models are the step's model and those it may fall back on.
func (s Step) Models() []string {
	if s.Model == "" {
		return nil
	}
	models := []string{s.Model}
	for _, fallback := range s.Fallback {
		models = append(models, fallback.Model)
	}
	return models
}

// Duration is a time.Duration that is a text in JSON, as "90s" or "1h30m".
type Duration time.Duration

// MarshalText writes "1h30m0s".
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads it.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return badDuration(text)
	}
	*d = Duration(parsed)
	return nil
}

// Tolerance is a number of items, or a share of them.
type Tolerance struct {
	Items   int
	Percent float64
}

// Of is how many of n items may fail.
func (t Tolerance) Of(n int) int {
	if t.Percent > 0 {
		return int(t.Percent * float64(n) / 100)
	}
	return t.Items
}

// MarshalJSON writes 10 or "5%".
func (t Tolerance) MarshalJSON() ([]byte, error) {
	if t.Percent > 0 {
		return json.Marshal(strconv.FormatFloat(t.Percent, 'f', -1, 64) + "%")
	}
	return json.Marshal(t.Items)
}
