package workflows

import (
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// resolve finds out what became of an unknown submit: a webhook names its
// prediction, or the list of predictions shows it or proves it absent. Nil means
// that the attempt has a prediction.
func (r *run) resolve(ctx workflow.Context, a *attempt, why string) error {
	r.enter(ctx, a, generation.StateUnknown, why)
	search := generation.FindInput{
		Key: r.request.Key, Model: r.request.Model, Input: r.input, Account: r.request.Account, Nonce: a.Nonce,
		Submitted: a.Started,
		Settled:   workflow.Now(ctx).Add(r.request.Timing.Settle),
		GiveUp:    workflow.Now(ctx).Add(r.request.Timing.Settle + r.request.Timing.Grace),
		Claimed:   r.others(ctx),
	}
	for {
		if search.Candidate == "" {
			search.Candidate = a.candidate(search)
		}
		found, named, err := r.find(ctx, a, search)
		if found.Verdict != "" {
			count(ctx, generation.MetricUnknown, map[string]string{generation.TagVerdict: string(found.Verdict)})
		}
		switch {
		case ctx.Err() != nil:
			return r.cancel(ctx, a)
		case named:
		case err != nil:
			return r.fail(ctx, a, generation.ErrSubmitUnknown, why+"; the provider's list of predictions could not tell before the deadline")
		case found.Verdict == generation.VerdictFound:
			r.setPrediction(ctx, a, found.PredictionID)
			return nil
		case found.Verdict == generation.VerdictForeign:
			search.Claimed = append(search.Claimed, search.Candidate)
			search.Candidate = ""
		case found.Verdict == generation.VerdictAbsent:
			a.retry = true
			return r.refuse(ctx, a, generation.ErrSubmitUnknown, "proven absent: "+why)
		default:
			return r.fail(ctx, a, generation.ErrSubmitUnknown, why+"; neither a webhook nor the provider's list of predictions could tell. It may be billed: look for it there before you submit again")
		}
	}
}

// find asks the list for a verdict: on the search's candidate if it has one, or else
// until a webhook has named one. Others that are named meanwhile wait their turn.
func (r *run) find(ctx workflow.Context, a *attempt, search generation.FindInput) (found generation.Found, named bool, err error) {
	if err := AwaitRoom(ctx, len(r.input)); err != nil {
		return found, false, err
	}
	findCtx, stop := workflow.WithCancel(workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:              r.request.TaskQueue,
		StartToCloseTimeout:    readTimeout,
		ScheduleToCloseTimeout: max(r.remaining(ctx), readTimeout),
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:    2 * time.Second,
			BackoffCoefficient: 1.5,
			MaximumInterval:    30 * time.Second,
		},
		Summary: r.summary("was %s accepted?%s", r.request.Model, ordinal(a.Number)),
	}))
	defer stop()
	future := workflow.ExecuteActivity(findCtx, generation.FindName, search)
	done := false
	selector := workflow.NewSelector(ctx)
	selector.AddReceive(r.signals, func(workflow.ReceiveChannel, bool) { r.hear() })
	selector.AddFuture(future, func(f workflow.Future) {
		done = true
		err = f.Get(ctx, &found)
	})
	for !done && !named {
		selector.Select(ctx)
		named = search.Candidate == "" && a.candidate(search) != ""
	}
	return found, named, err
}

// candidate is a prediction that a webhook for this attempt named and that has not
// been judged to be another's.
func (a *attempt) candidate(search generation.FindInput) string {
	for _, signal := range a.heard {
		if !slices.Contains(search.Claimed, signal.PredictionID) {
			return signal.PredictionID
		}
	}
	return ""
}
