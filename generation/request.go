package generation

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/input"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/modelid"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/predictionid"
)

// Request asks for one generation. Only Model is required. As JSON, fields have the names of
// docs/reference.md, and durations are strings such as "90s", "15m" or "6h".
type Request struct {
	// Key names the generation inside its workflow, such as "still" or "clip[3]". It appears
	// in the signal's name, in the Temporal UI and in errors, and must be unique in a
	// workflow run. At most 200 bytes, printable. Defaults to "generation".
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

	// OnInsufficientCredits says what to do if the provider refuses a submit because the
	// account's balance does not cover it: fail, or wait for a top-up until the deadline.
	// Defaults to [FailWithoutCredits], as for budgets: a program that expects an error gets
	// one, and nothing waits unseen. Steps of a pipeline wait by default, because people watch
	// runs, and a run says what it waits for.
	OnInsufficientCredits CreditsPolicy

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

// CreditsPolicy is what to do about a submit that the account's balance does not cover.
type CreditsPolicy string

const (
	// FailWithoutCredits fails the generation with [ErrorTypeInsufficientCredits].
	FailWithoutCredits CreditsPolicy = "fail"

	// WaitForCredits submits again from time to time, until the account has been topped up or
	// the deadline passes. Of the generations of a workflow run that wait for one account, only
	// one at a time is submitted to find out.
	WaitForCredits CreditsPolicy = "wait"
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

	// TopUp is the wait before the first check whether the account has been topped up; later
	// waits double, up to the larger of TopUp and 30 minutes. Defaults to 5 minutes.
	TopUp time.Duration
}

const (
	maxKeyBytes    = 200
	maxPredictions = 100

	// maxInputBytes is below Temporal's limit of 2 MiB for one payload.
	maxInputBytes = 1_900_000
)

// Validate checks the request; an error names the field. It doesn't know the model's own
// parameters, which the provider checks.
func (r Request) Validate() error {
	if err := validateKey(r.Key); err != nil {
		return err
	}
	if err := modelid.Validate(r.Model); err != nil {
		return fmt.Errorf("model: %w", err)
	}
	switch encoded, err := input.Encode(r.Input); {
	case err != nil:
		return err
	case len(encoded) > maxInputBytes:
		return fmt.Errorf("input: has %d bytes, more than %d; pass files as URLs", len(encoded), maxInputBytes)
	}
	if r.Adopt != "" {
		if err := predictionid.Validate(r.Adopt); err != nil {
			return fmt.Errorf("adopt: %w", err)
		}
	}
	if r.MaxPredictions < 0 || r.MaxPredictions > maxPredictions {
		return fmt.Errorf("max_predictions: %d is not between 1 and %d", r.MaxPredictions, maxPredictions)
	}
	switch r.OnUnknown {
	case "", FailUnknown, ResubmitUnknown, AskUnknown:
	default:
		return fmt.Errorf("on_unknown: %q is not one of %q, %q and %q", r.OnUnknown, FailUnknown, ResubmitUnknown, AskUnknown)
	}
	switch r.OnInsufficientCredits {
	case "", FailWithoutCredits, WaitForCredits:
	default:
		return fmt.Errorf("on_insufficient_credits: %q is not one of %q and %q", r.OnInsufficientCredits, FailWithoutCredits, WaitForCredits)
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
		{"timing.top_up", r.Timing.TopUp, time.Millisecond},
	} {
		if d.value != 0 && d.value < d.least {
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
