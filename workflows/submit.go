package workflows

import (
	"errors"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// Failures after which the server must not retry a submit, because the POST may have gone out.
// The server matches timeouts by these names.
var neverResubmit = []string{
	"TemporalTimeout:StartToClose",
	"TemporalTimeout:Heartbeat",
	"PanicError",
	string(generation.ErrorTypeSubmitUnknown),
}

// mostRefusals is how often a submit with a slot may be refused for the account's limits before
// it keeps the slot, and Temporal retries it as it does without limits: those that the keeper was
// given are too high, or others use the account up.
const mostRefusals = 3

// submit sends the POST. If it is unknown whether the provider accepted it, submit returns the
// reason. It returns an error if the provider surely did not accept it.
func (r *run) submit(ctx workflow.Context, a *attempt) (unknown string, err error) {
	share, err := r.reserve(ctx, a)
	if err != nil {
		return "", err
	}
	submitted, err := r.post(ctx, a, share)
	if price, refused := priceRefused(err); refused && share != nil && ctx.Err() == nil {
		r.learn(price)
		r.settle(a, share, 0)
		r.dropSlot()
		return r.submit(ctx, a)
	}
	if r.waitsForTopUp(ctx, err) {
		r.settle(a, share, 0)
		r.dropSlot()
		if err := r.awaitTopUp(ctx, a, err); err != nil {
			return "", err
		}
		if r.remaining(ctx) > 0 { // no worker may have run for a while
			return r.submit(ctx, a)
		}
		share = nil
	}
	if err != nil {
		unknown, err = r.submitFailed(ctx, a, err)
		r.settleFailed(a, share)
		return unknown, err
	}
	a.webhook, a.Price, a.APIKey, a.Answered = submitted.Webhook, submitted.Price, submitted.APIKey, true
	r.settleAccepted(a, share)
	r.slotUsed(ctx, submitted.PredictionID)
	r.setPrediction(ctx, a, submitted.PredictionID)
	return "", nil
}

// post runs the activity that sends the POST until it is accepted, permanently rejected, or
// unknown. From time to time the activity returns to report why it is waiting.
func (r *run) post(ctx workflow.Context, a *attempt, maxPrice *generation.USD) (submitted wire.Submitted, err error) {
	for patience := firstPatience; ; patience = min(patience*morePatience, mostPatience) {
		if err := r.mayPost(ctx, a); err != nil {
			return submitted, err
		}
		paused := r.board.pauses.took(ctx)
		submitted, err = r.postOnce(ctx, a, maxPrice, patience)
		r.deadline = r.deadline.Add(r.board.pauses.took(ctx) - paused)
		if r.slotRefused(ctx, err) {
			a.refusals++
			continue
		}
		if !r.waits(ctx, a, generation.StateSubmitting, err) {
			return submitted, err
		}
		r.dropSlot() // nothing was accepted, and the account may have been paused since
	}
}

func (r *run) postOnce(ctx workflow.Context, a *attempt, maxPrice *generation.USD, patience int) (submitted wire.Submitted, err error) {
	// The nonce is drawn in the workflow task that schedules its submit. A reset is either
	// before both, and draws another nonce, or after both, and the activity sees that it
	// belongs to an earlier run.
	a.Nonce = newNonce(ctx, r.request.Key)
	a.Started = workflow.Now(ctx) // it may have been held for weeks
	a.Window = min(r.request.Timing.Submit, r.request.Timeout)
	within := max(r.remaining(ctx), 0)
	detached, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	activityCtx := workflow.WithActivityOptions(detached, workflow.ActivityOptions{
		TaskQueue:           r.request.TaskQueue,
		StartToCloseTimeout: a.Window,
		// An attempt that starts before the deadline gets its full time, so it is never
		// interrupted between the POST and its record.
		ScheduleToCloseTimeout: within + a.Window + clockSlack,
		// When the workflow is canceled, it waits for a running submit: its prediction is paid
		// for and must be recorded.
		WaitForCancellation: true,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:        time.Second,
			MaximumInterval:        time.Minute,
			NonRetryableErrorTypes: neverResubmit,
		},
		Summary: r.summary("%s%s", r.request.Model, ordinal(a.Number)),
	})
	future := workflow.ExecuteActivity(activityCtx, wire.SubmitName, wire.SubmitInput{
		Key: r.request.Key, Model: r.request.Model, Input: r.input, Account: r.request.Account,
		Nonce: a.Nonce, RunID: workflow.GetInfo(ctx).WorkflowExecution.RunID,
		Within: within, Patience: patience, MaxPrice: maxPrice, Leased: r.slot != nil && !r.slot.Ungated, Ungated: r.slot != nil && r.slot.Ungated,
		Insists: a.refusals >= mostRefusals,
	})
	if workflow.Await(ctx, future.IsReady) != nil {
		a.unsent = r.board.askUnsent(detached)
		cancel()
	}
	err = future.Get(detached, &submitted)
	if err == nil && submitted.PredictionID == "" {
		err = temporal.NewNonRetryableApplicationError("the submit was completed by hand, without the id of a prediction", string(generation.ErrorTypeSubmitUnknown), nil)
	}
	return submitted, err
}

// submitFailed classifies a failed submit: proven rejected, or unknown.
func (r *run) submitFailed(ctx workflow.Context, a *attempt, err error) (unknown string, _ error) {
	var canceled *temporal.CanceledError
	if errors.As(err, &canceled) && neverSent(err, a.unsent) {
		a.State = generation.StateAbsent
		return "", r.cancel(ctx, a)
	}
	var timeout *temporal.TimeoutError
	if errors.As(err, &timeout) && notTaken(err, timeout) && !resetSubmit(ctx, a) {
		return "", r.refuse(ctx, a, refusalAtDeadline(timeout.Unwrap()), "was not accepted before the deadline")
	}
	var failure *temporal.ApplicationError
	if !errors.As(err, &failure) || errors.As(err, &timeout) {
		a.over, a.started = r.lastEnd(ctx, a), startedEvent(ctx, err)
		return "the submit was interrupted before its response was recorded", nil
	}
	switch kind := generation.ErrorType(failure.Type()); kind {
	case generation.ErrorTypeInvalidInput, generation.ErrorTypeUnauthorized, generation.ErrorTypeInsufficientCredits,
		generation.ErrorTypeModelNotFound, generation.ErrorTypeDeadlineExceeded, generation.ErrorTypeBudgetExceeded:
		return "", r.refuse(ctx, a, kind, failure.Message())
	case generation.ErrorTypeRateLimited, generation.ErrorTypeUnavailable:
		if ctx.Err() != nil { // Temporal does not retry canceled activities
			a.State = generation.StateAbsent
			return "", r.cancel(ctx, a)
		}
		return "", r.refuse(ctx, a, refusalAtDeadline(failure), failure.Message())
	}
	var lost wire.Lost
	_ = failure.Details(&lost)
	a.Price, a.APIKey, a.over = lost.Price, lost.APIKey, r.lastEnd(ctx, a)
	if lost.Over {
		a.over = workflow.Now(ctx)
	}
	return failure.Message(), nil
}

// notTaken reports whether the time ran out while no worker had the submit, and the previous
// attempt, if any, was not accepted. If no worker ever took an activity, the server reports a
// schedule-to-start timeout, which by default is the whole time.
func notTaken(err error, timeout *temporal.TimeoutError) bool {
	var activity *temporal.ActivityError
	if !errors.As(err, &activity) || activity.StartedEventID() != 0 {
		return false
	}
	switch timeout.TimeoutType() {
	case enumspb.TIMEOUT_TYPE_SCHEDULE_TO_START, enumspb.TIMEOUT_TYPE_SCHEDULE_TO_CLOSE:
		var before *temporal.ApplicationError
		return !errors.As(timeout.Unwrap(), &before) || wire.IsRefusal(before.Type())
	default:
		return false
	}
}

// resetSubmit reports whether the run that this one was reset from may have made the submit. What
// a run has decided before it was reset holds in the replay.
func resetSubmit(ctx workflow.Context, a *attempt) bool {
	info := workflow.GetInfo(ctx)
	return info.OriginalRunID != info.WorkflowExecution.RunID &&
		workflow.GetVersion(ctx, "wavespeed-reset/"+a.Nonce, workflow.DefaultVersion, 1) != workflow.DefaultVersion
}

// startedEvent is the event that names the worker of an interrupted submit; 0 if none does.
// After a reset, the event may name a worker that got the submit again.
func startedEvent(ctx workflow.Context, err error) int64 {
	var failure *temporal.ActivityError
	info := workflow.GetInfo(ctx)
	if !errors.As(err, &failure) || info.OriginalRunID != info.WorkflowExecution.RunID {
		return 0
	}
	return failure.StartedEventID()
}

// lastEnd is the latest time at which an interrupted submit can have been made. Its task may
// have been on its way to the worker for as long as an attempt lasts.
func (r *run) lastEnd(ctx workflow.Context, a *attempt) time.Time {
	return workflow.Now(ctx).Add(max(a.Window, min(r.request.Timing.Submit, r.request.Timeout)))
}

// refusalAtDeadline is the error type of a submit that was retried until the deadline.
func refusalAtDeadline(last error) generation.ErrorType {
	if generation.ErrorTypeOf(last) == generation.ErrorTypeRateLimited {
		return generation.ErrorTypeRateLimited
	}
	return generation.ErrorTypeDeadlineExceeded
}

// refuse ends an attempt that was surely not accepted.
func (r *run) refuse(ctx workflow.Context, a *attempt, errorType generation.ErrorType, reason string) error {
	a.State = generation.StateAbsent
	return r.fail(ctx, a, errorType, reason)
}
