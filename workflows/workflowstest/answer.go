package workflowstest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// Answer is the provider's answer to one submit. The zero value completes with one output.
type Answer struct {
	fate    fate
	outcome wire.Outcome // of a prediction
	refusal error        // of a submit
	after   time.Duration
	price   *generation.USD
}

// fate is what the workflow learns about a submit.
type fate int

const (
	accepted  fate = iota
	found          // its response was lost, and its prediction is found
	absent         // its response was lost, and it was not accepted
	undecided      // its response was lost, and nothing shows whether it was accepted
)

// Outputs completes with these outputs: strings, or values that encode to JSON. Without any,
// the provider reports the prediction as completed but without outputs, which fails.
func Outputs(outputs ...any) Answer {
	outcome := wire.Outcome{Status: "completed", Produced: generation.Produced{Outputs: []generation.Output{}}}
	for i, output := range outputs {
		encoded, err := json.Marshal(output)
		if err != nil {
			panic(fmt.Sprintf("workflowstest: Outputs: output %d is not JSON: %v", i, err))
		}
		outcome.Outputs = append(outcome.Outputs, encoded)
	}
	return Answer{outcome: outcome}
}

// failures are the types of errors in which predictions fail.
var failures = []generation.ErrorType{generation.ErrorTypePredictionFailed, generation.ErrorTypeContentRejected, generation.ErrorTypeInvalidInput, generation.ErrorTypeMediaUnreachable}

// Failed accepts the submit, and then the prediction fails. The type is
// [generation.ErrorTypePredictionFailed], after which a request with MaxPredictions submits again,
// [generation.ErrorTypeContentRejected], [generation.ErrorTypeInvalidInput] or
// [generation.ErrorTypeMediaUnreachable]. It panics on another one.
func Failed(errorType generation.ErrorType, reason string) Answer {
	if !slices.Contains(failures, errorType) {
		panic(fmt.Sprintf("workflowstest: Failed: %q is not the type of a failed prediction", errorType))
	}
	return Answer{outcome: wire.Outcome{Status: "failed", Failure: errorType, Error: "failed: " + reason}}
}

// Never accepts the submit, and the prediction doesn't end: the generation reaches its
// deadline.
func Never() Answer { return Outputs().After(never) }

const never = 10 * 365 * 24 * time.Hour

// Refused rejects the submit: nothing is accepted or billed. The type is one of those that
// [SubmitError] takes, except [generation.ErrorTypeSubmitUnknown].
func Refused(errorType generation.ErrorType, reason string) Answer {
	if errorType == generation.ErrorTypeSubmitUnknown {
		panic("workflowstest: Refused: an unknown submit was not refused; use Unknown, Absent or Answer.Lost")
	}
	return Answer{refusal: SubmitError(errorType, reason)}
}

// Unknown loses the submit's response, and nothing shows whether it was accepted. The request's
// OnUnknown decides: the generation fails with [generation.ErrorTypeSubmitUnknown], submits again, or
// waits for [Provider.Resolve].
func Unknown() Answer { return Answer{fate: undecided} }

// Absent loses the submit's response. The submit turns out not to have been accepted, so the
// generation submits again.
func Absent() Answer { return Answer{fate: absent} }

// Lost loses the submit's response, and its prediction is found: the generation continues with
// it.
func (a Answer) Lost() Answer {
	a.fate = found
	return a
}

// After sets how long the prediction takes, in the environment's time. Defaults to no time.
func (a Answer) After(d time.Duration) Answer {
	a.after = d
	return a
}

// Price sets the cost of the submit. A submit that a budget doesn't cover is not accepted.
// Defaults to no price, which a budget counts as $0.
func (a Answer) Price(usd generation.USD) Answer {
	a.price = &usd
	return a
}

// transient are the errors of a submit that Temporal retries until the deadline.
var transient = []generation.ErrorType{generation.ErrorTypeRateLimited, generation.ErrorTypeUnavailable}

// final are the errors of a submit that end the generation.
var final = []generation.ErrorType{
	generation.ErrorTypeInvalidInput, generation.ErrorTypeUnauthorized, generation.ErrorTypeInsufficientCredits, generation.ErrorTypeModelNotFound,
	generation.ErrorTypeDeadlineExceeded,
}

// SubmitError is an error as returned by the activity wavespeed.Submit, for your own mocks. The
// types are:
//
//   - [generation.ErrorTypeInvalidInput], [generation.ErrorTypeUnauthorized],
//     [generation.ErrorTypeInsufficientCredits], [generation.ErrorTypeModelNotFound] and
//     [generation.ErrorTypeDeadlineExceeded]: the provider rejected the submit, and the generation
//     fails with that type;
//   - [generation.ErrorTypeRateLimited] and [generation.ErrorTypeUnavailable]: Temporal retries the submit
//     until the deadline;
//   - [generation.ErrorTypeSubmitUnknown]: the response was lost. The generation then runs the
//     activity wavespeed.Find.
//
// It panics on other types, because workflows treat such an error as an unknown submit. For
// [generation.ErrorTypeBudgetExceeded], give the answer a [Answer.Price].
func SubmitError(errorType generation.ErrorType, reason string) error {
	switch {
	case slices.Contains(transient, errorType):
		return temporal.NewApplicationError(reason, string(errorType))
	case slices.Contains(final, errorType):
		return temporal.NewNonRetryableApplicationError(reason, string(errorType), nil)
	case errorType == generation.ErrorTypeSubmitUnknown:
		return temporal.NewNonRetryableApplicationError(reason, string(errorType), nil, wire.Lost{Over: true})
	}
	var valid []string
	for _, kind := range slices.Concat(transient, final) {
		valid = append(valid, string(kind))
	}
	panic(fmt.Sprintf("workflowstest: %q is not the type of a submit's error; valid types: %s, %s", errorType,
		strings.Join(valid, ", "), generation.ErrorTypeSubmitUnknown))
}
