package workflows

import (
	"fmt"
	"strings"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plaintext"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/record"
)

// enter sets the state of the attempt, and so of the generation.
func (r *run) enter(ctx workflow.Context, a *attempt, state generation.State, reason string) {
	a.State, a.Reason = state, reason
	r.status.State = state
	r.board.UpdateDetails(ctx)
}

func (r *run) complete(ctx workflow.Context, a *attempt) generation.Result {
	a.Ended = workflow.Now(ctx)
	r.status.Produced = a.outcome.Produced
	r.enter(ctx, a, generation.StateCompleted, "")
	return generation.Result{
		Key:          r.request.Key,
		Model:        r.request.Model,
		Account:      r.request.Account,
		PredictionID: a.PredictionID,
		Produced:     a.outcome.Produced,
		Via:          a.via,
		Attempts:     record.Clone(*r.status).Attempts,
	}
}

// fail ends the attempt and returns the error with which the generation ends, if the attempt
// was its last. An absent or unknown attempt stays in that state.
func (r *run) fail(ctx workflow.Context, a *attempt, errorType generation.ErrorType, reason string) error {
	a.Ended = workflow.Now(ctx)
	state := generation.StateFailed
	if a.State == generation.StateAbsent || a.State == generation.StateUnknown {
		state = a.State
	}
	r.enter(ctx, a, state, reason)
	// The provider refunds failed predictions, but not those completed without outputs.
	a.Billed = a.outcome != nil && a.outcome.Status == "completed"
	if state == generation.StateAbsent || a.outcome != nil && !a.Billed {
		r.refund(a)
	}
	r.status.State = generation.StateFailed
	r.status.ErrorType = errorType
	r.board.UpdateDetails(ctx)
	return temporal.NewApplicationErrorWithOptions(r.message(a, reason), string(errorType), temporal.ApplicationErrorOptions{
		NonRetryable: true,
		Details:      []any{record.Clone(*r.status)},
	})
}

// cancel ends the attempt because the workflow was canceled.
func (r *run) cancel(ctx workflow.Context, a *attempt) error {
	a.Ended = workflow.Now(ctx)
	reason := "the workflow was canceled before anything was submitted"
	switch {
	case a.PredictionID != "":
		reason = "the workflow was canceled; the prediction continues at the provider and is billed"
	case a.State != generation.StateAbsent:
		reason = "the workflow was canceled while it was unknown whether the submit had been accepted"
	default:
		a.Nonce = "" // nothing was submitted, so nobody needs to search
	}
	r.enter(ctx, a, generation.StateCanceled, reason)
	return temporal.NewCanceledError(record.Clone(*r.status))
}

func (r *run) message(a *attempt, reason string) string {
	subject := r.request.Model
	if a.PredictionID != "" {
		subject += ", prediction " + a.PredictionID
	}
	return fmt.Sprintf("generation %q (%s): %s", r.request.Key, subject, strings.TrimPrefix(reason, fmt.Sprintf("generation %q: ", r.request.Key)))
}

// maxSummaryBytes is the maximum size of a summary that Temporal shows.
const maxSummaryBytes = 200

// summary formats the text beside an event in the Temporal UI.
func (r *run) summary(format string, args ...any) string {
	return plaintext.Clip(r.request.Key+" · "+fmt.Sprintf(format, args...), maxSummaryBytes)
}

// ordinal names the attempt in a summary, from the second on.
func ordinal(number int) string {
	if number == 1 {
		return ""
	}
	return fmt.Sprintf(" · attempt %d", number)
}
