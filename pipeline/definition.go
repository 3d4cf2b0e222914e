package pipeline

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// Definition is a pipeline: its steps, inputs and outputs. Strings in it may contain
// expressions, such as "${{ steps.still.output }}".
type Definition struct {
	// Name is shown for runs in the Temporal UI: 1 to 100 letters, digits, dots, dashes and
	// underscores. Defaults to "unnamed", or to the file's name if the pipeline is read from a
	// file.
	Name string `json:"name,omitempty"`

	// Description is shown wherever people choose or view the pipeline.
	Description string `json:"description,omitempty"`

	// Inputs are the inputs of a run, by name.
	Inputs Named[Input] `json:"inputs,omitempty"`

	// Account names the API key that steps submit with. Defaults to "default".
	Account string `json:"account,omitempty"`

	// Budget limits the cost of a run. Defaults to no limit.
	Budget *Budget `json:"budget,omitempty"`

	// Steps are the steps by id. At least one.
	Steps Named[Step] `json:"steps"`

	// Outputs are the outputs of a run, by name: strings with expressions, or lists or objects
	// of them. Defaults to the output of each step.
	Outputs Named[any] `json:"outputs,omitempty"`
}

// Input describes one input of a run. Short form: just the type.
type Input struct {
	// Type is string, integer, number, boolean, array, object, or file. A file is a URL; the
	// command line can upload a local file for it. Defaults to string.
	Type string `json:"type,omitempty" strict:"short"`

	Description string `json:"description,omitempty"`

	// Default makes the input optional.
	Default any `json:"default,omitempty"`

	// Enum lists the allowed values. Defaults to all.
	Enum []any `json:"enum,omitempty"`
}

// Budget limits the cost of a run. Short form: just USD.
type Budget struct {
	// USD is the cap, in US dollars. Required.
	USD generation.USD `json:"usd" strict:"short"`

	// OnExceeded is what happens when a submit would exceed the cap: wait holds the run until
	// the cap is raised, fail ends it. Either way the submit is not sent, and paid results are
	// kept. Defaults to wait.
	OnExceeded string `json:"on_exceeded,omitempty"`
}

// Step is one step of a run: a generation with Model, one generation per item of ForEach, or an
// approval by people.
type Step struct {
	// Description explains the step in the UI and in graphs.
	Description string `json:"description,omitempty"`

	// Needs are steps that must complete first, in addition to those that the step's
	// expressions refer to.
	Needs []string `json:"needs,omitempty"`

	// If is an expression that must be true for the step to run; otherwise the step is skipped.
	// A step that needs a failed or skipped step is skipped too, unless its If refers to that
	// step's state. Defaults to true.
	If string `json:"if,omitempty"`

	// Model is the provider's model id. Required, except with Approve.
	Model string `json:"model,omitempty"`

	// Input is the model's input.
	Input map[string]any `json:"input,omitempty"`

	// ForEach runs the model once per item of a list. Expressions in Input can use item and
	// index. Defaults to a single run.
	ForEach *ForEach `json:"for_each,omitempty"`

	// Account names the API key to submit with. Defaults to the pipeline's.
	Account string `json:"account,omitempty"`

	// Timeout limits one generation. Defaults to 6 hours.
	Timeout Duration `json:"timeout,omitzero"`

	// Retry submits again after a prediction failed for a temporary reason. Defaults to none.
	Retry *Retry `json:"retry,omitempty"`

	// Fallback are models to try when this one fails, in order. Defaults to none.
	Fallback []Fallback `json:"fallback,omitempty"`

	// OnUnknown is fail, resubmit or ask: what to do if it is unknown whether a submit was
	// accepted. Defaults to fail, so nothing is paid twice.
	OnUnknown string `json:"on_unknown,omitempty"`

	// OnInsufficientCredits is wait or fail: what to do if the provider refuses a submit because
	// the account's balance does not cover it. With wait, the step waits for a top-up until
	// Timeout. Defaults to wait, unless a fallback takes over after InsufficientCredits: a run
	// that stops for lack of credit in the middle of a night continues after a top-up, and says
	// meanwhile what it waits for.
	OnInsufficientCredits string `json:"on_insufficient_credits,omitempty"`

	// Approve asks people to decide, instead of generating.
	Approve *Approve `json:"approve,omitempty"`
}

// ForEach runs a step once per item of a list. Short form: just Items.
type ForEach struct {
	// Items is the list, or an expression that returns one. Required.
	Items any `json:"items" strict:"short"`

	// Key is an expression that names an item, such as item.sku. It appears in the UI, and
	// finds the item's result if a run is resumed with another list. Defaults to the index.
	Key string `json:"key,omitempty"`

	// MaxParallel is how many items may be in progress concurrently. Defaults to 10.
	MaxParallel int `json:"max_parallel,omitempty"`

	// Tolerate is how many items may fail: a number, or a percentage such as "5%". If more
	// fail, no further item is submitted, and the step fails. Defaults to 0.
	Tolerate Tolerance `json:"tolerate,omitzero"`
}

// Retry submits again after a temporary failure. Short form: just Predictions.
type Retry struct {
	// Predictions is the maximum number of predictions in total; the provider refunds failed
	// ones. From 1 to 100. Required.
	Predictions int `json:"predictions" strict:"short"`

	// Wait is the wait before the next submit. Defaults to 10 seconds.
	Wait Duration `json:"wait,omitzero"`
}

// Fallback is a model to try if the previous ones have failed. Short form: just Model.
type Fallback struct {
	// Model is the provider's model id. Required.
	Model string `json:"model" strict:"short"`

	// Input is this model's input. Defaults to the step's; an empty object means no input.
	Input map[string]any `json:"input,omitzero"`

	// On lists the kinds of error after which this model is tried: the types of package
	// generation without "wavespeed.". Defaults to PredictionFailed, ModelNotFound and
	// RateLimited.
	On []string `json:"on,omitempty"`
}

// Approve asks people to decide.
type Approve struct {
	// Message tells people what to decide.
	Message string `json:"message,omitempty"`

	// Show is what people should judge: an output, or a list of outputs.
	Show any `json:"show,omitempty"`

	// Choose is a list from which people choose one entry. The entry becomes the step's choice
	// and its output. Defaults to none: approve or reject.
	Choose any `json:"choose,omitempty"`

	// Approvers are the people who may decide. Defaults to anybody.
	Approvers []string `json:"approvers,omitempty"`

	// Needed is how many people must approve. Defaults to 1.
	Needed int `json:"needed,omitempty"`

	// Timeout is how long to wait for a decision. Defaults to 72 hours.
	Timeout Duration `json:"timeout,omitzero"`

	// OnTimeout is approve or reject: what happens without a decision in time. Defaults to
	// reject.
	OnTimeout string `json:"on_timeout,omitempty"`

	// Regenerate lists the steps that people may regenerate, with changed input. Other steps
	// that use them must wait for this step. Defaults to the generations that Show and Choose
	// refer to; an empty list means none.
	Regenerate *[]string `json:"regenerate,omitempty"`
}

// Duration is a time.Duration that is a string in JSON, such as "90s" or "1h30m".
type Duration time.Duration

// MarshalText formats it as "1h30m0s".
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText parses it.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return badDuration(text)
	}
	*d = Duration(parsed)
	return nil
}

// Tolerance is a number of items, or a percentage.
type Tolerance struct {
	Items   int
	Percent float64
}

// MarshalJSON encodes it as 10 or "5%".
func (t Tolerance) MarshalJSON() ([]byte, error) {
	if t.Percent > 0 {
		return json.Marshal(strconv.FormatFloat(t.Percent, 'f', -1, 64) + "%")
	}
	return json.Marshal(t.Items)
}
