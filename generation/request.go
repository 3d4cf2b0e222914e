package generation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/modelid"
)

// Request asks for one generation. Only Model is required. As JSON, fields have the names of
// docs/reference.md, and durations are strings such as "90s", "15m" or "6h".
type Request struct {
	// Key names the generation inside its workflow, such as "still" or "clip[3]". It appears
	// in the signal's name, in the Temporal UI and in errors, and must be unique in a
	// workflow run. At most 200 bytes, printable. Defaults to [DefaultKey].
	Key string

	// Model is the provider's model id, such as "wavespeed-ai/flux-dev".
	Model string

	// Input holds the model's parameters: a JSON object of at most 1.9 MB. Defaults to an
	// empty object.
	//
	// Any value that encodes to a JSON object works: a map, a struct, a json.RawMessage. A
	// decoded request has a json.RawMessage with exactly the bytes that were sent.
	Input any

	// Account names the API key to submit with, among those that the worker has. Defaults
	// to [DefaultAccount].
	Account string

	// Timeout limits the whole generation, with its waits and retries. When it passes, the
	// generation fails, and a prediction that was accepted continues at the provider. At
	// least 1 second. Defaults to 6 hours, because the slowest documented models need up
	// to 5.
	Timeout time.Duration

	// Adopt is the id of an already accepted prediction, such as that of a generation whose
	// deadline passed. The generation waits for it instead of submitting. It is polled, because
	// its webhook names another generation. Defaults to none.
	Adopt string

	// MaxPredictions is the maximum number of predictions, from 1 to 100. Above 1, a prediction
	// that failed for a temporary reason is submitted again. The provider bills that as a new
	// prediction, and refunds failed ones. Defaults to 1.
	MaxPredictions int

	// OnUnknown says what to do if a submit's response is lost, and its prediction is neither
	// found nor proven absent: fail, resubmit, or ask a person. Defaults to [FailUnknown].
	OnUnknown UnknownPolicy

	// Timing holds waits that rarely need a change.
	Timing Timing

	// TaskQueue is the task queue of the activities, for example one with a rate limit for the
	// provider. Defaults to the workflow's own task queue.
	TaskQueue string
}

// UnknownPolicy is what to do about a submit that may have been accepted.
type UnknownPolicy string

const (
	// FailUnknown fails the generation with [ErrorTypeSubmitUnknown]: nothing is paid twice.
	FailUnknown UnknownPolicy = "fail"

	// ResubmitUnknown submits again, at the risk of paying twice.
	ResubmitUnknown UnknownPolicy = "resubmit"

	// AskUnknown waits until a person decides, by the update [ResolveUpdate], or until the
	// deadline.
	AskUnknown UnknownPolicy = "ask"
)

// Timing holds a generation's waits. A zero field uses its default.
type Timing struct {
	// Submit limits one submit, from the activity's start to the recorded response. After that,
	// the submit is unknown. At least 1 second. Defaults to 1 minute.
	Submit time.Duration

	// Settle is how long the provider's list of predictions and its charges may lag. A submit
	// counts as absent only if they don't show it this long after the latest moment at which it
	// can have been made. Defaults to 2 minutes.
	Settle time.Duration

	// Grace is how long to wait for the webhook alone before polling. Without a webhook,
	// polling starts immediately. For a submit whose response was lost, it is how much longer
	// than Settle to wait for other evidence. Defaults to 2 minutes.
	Grace time.Duration

	// Poll is the wait between the first two polls; later waits grow by a fifth each, up to
	// the larger of Poll and 15 seconds. Defaults to 2 seconds.
	Poll time.Duration

	// Resubmit is the wait before a failed prediction is submitted again. Defaults to 10
	// seconds.
	Resubmit time.Duration
}

const (
	maxKeyBytes    = 200
	maxPredictions = 100

	// maxInputBytes is below Temporal's limit of 2 MiB for one payload.
	maxInputBytes = 1_900_000
)

// WithDefaults returns the request with defaults for every zero field.
func (r Request) WithDefaults() Request {
	fill(&r.Key, DefaultKey)
	fill(&r.Account, DefaultAccount)
	fill(&r.Timeout, 6*time.Hour)
	fill(&r.MaxPredictions, 1)
	fill(&r.OnUnknown, FailUnknown)
	fill(&r.Timing.Submit, time.Minute)
	fill(&r.Timing.Settle, 2*time.Minute)
	fill(&r.Timing.Grace, 2*time.Minute)
	fill(&r.Timing.Poll, 2*time.Second)
	fill(&r.Timing.Resubmit, 10*time.Second)
	if r.Input == nil {
		r.Input = json.RawMessage("{}")
	}
	return r
}

func fill[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Validate checks the request; an error names the field. It doesn't know the model's own
// parameters, which the provider checks.
func (r Request) Validate() error {
	r = r.WithDefaults()
	if err := validateKey(r.Key); err != nil {
		return err
	}
	if err := modelid.Validate(r.Model); err != nil {
		return fmt.Errorf("model: %w", err)
	}
	switch input, err := EncodeInput(r.Input); {
	case err != nil:
		return err
	case len(input) > maxInputBytes:
		return fmt.Errorf("input: has %d bytes, more than %d; pass files as URLs", len(input), maxInputBytes)
	}
	if r.Adopt != "" {
		if err := ValidatePredictionID(r.Adopt); err != nil {
			return fmt.Errorf("adopt: %w", err)
		}
	}
	if r.MaxPredictions < 1 || r.MaxPredictions > maxPredictions {
		return fmt.Errorf("max_predictions: %d is not between 1 and %d", r.MaxPredictions, maxPredictions)
	}
	if r.OnUnknown != FailUnknown && r.OnUnknown != ResubmitUnknown && r.OnUnknown != AskUnknown {
		return fmt.Errorf("on_unknown: %q is not one of %q, %q and %q", r.OnUnknown, FailUnknown, ResubmitUnknown, AskUnknown)
	}
	return r.validateDurations()
}

func (r Request) validateDurations() error {
	for _, d := range []struct {
		name  string
		value time.Duration
		least time.Duration
	}{
		{"timeout", r.Timeout, time.Second},
		{"timing.submit", r.Timing.Submit, time.Second},
		{"timing.settle", r.Timing.Settle, time.Millisecond},
		{"timing.grace", r.Timing.Grace, time.Millisecond},
		{"timing.poll", r.Timing.Poll, time.Millisecond},
		{"timing.resubmit", r.Timing.Resubmit, time.Millisecond},
	} {
		if d.value < d.least {
			return fmt.Errorf("%s: %v is less than %v", d.name, d.value, d.least)
		}
	}
	return nil
}

func validateKey(key string) error {
	if len(key) > maxKeyBytes {
		return fmt.Errorf("key: has %d bytes, more than %d", len(key), maxKeyBytes)
	}
	if !utf8.ValidString(key) || strings.ContainsFunc(key, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return fmt.Errorf("key: %q has unprintable characters", key)
	}
	return nil
}

// maxPredictionID is far longer than the provider's ids, which have 32 characters.
const maxPredictionID = 256

// ValidatePredictionID checks whether an id can be a prediction id: 1 to 256 letters, digits,
// dots, dashes and underscores. It does not check whether the prediction exists.
func ValidatePredictionID(id string) error {
	switch {
	case id == "":
		return fmt.Errorf("a prediction id is empty")
	case len(id) > maxPredictionID:
		return fmt.Errorf("a prediction id has %d characters, more than %d", len(id), maxPredictionID)
	case strings.Trim(id, ".") == "" || strings.ContainsFunc(id, func(c rune) bool { return !isIDRune(c) }):
		return fmt.Errorf("%q is not a prediction id, which has only letters, digits, dots, dashes and underscores", id)
	}
	return nil
}

func isIDRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r)
}

// EncodeInput returns the JSON object to submit. An error names the field and never repeats the
// input.
func EncodeInput(input any) (json.RawMessage, error) {
	if input == nil {
		return json.RawMessage("{}"), nil
	}
	encoded, err := json.Marshal(input)
	if err != nil {
		return nil, fmt.Errorf("input: cannot be encoded as JSON: %T: %w", input, unsupported(err))
	}
	if trimmed := bytes.TrimSpace(encoded); len(trimmed) == 0 || trimmed[0] != '{' {
		return nil, fmt.Errorf("input: must be a JSON object with the model's parameters, such as {\"prompt\": …}; got %s", kindOf(trimmed))
	}
	return encoded, nil
}

// unsupported removes texts in which encoding/json quotes the value.
func unsupported(err error) error {
	switch err.(type) {
	case *json.UnsupportedTypeError:
		return err
	default:
		return fmt.Errorf("not valid JSON")
	}
}

func kindOf(encoded []byte) string {
	if len(encoded) == 0 {
		return "empty"
	}
	switch encoded[0] {
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	default:
		return "a number"
	}
}
