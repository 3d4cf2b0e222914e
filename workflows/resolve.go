package workflows

import (
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// resolve finds out whether an unknown submit was accepted: a webhook names its prediction, the
// provider's list and charges show it or prove it absent, or a person decides. Nil means that
// the attempt has a prediction.
func (r *run) resolve(ctx workflow.Context, a *attempt, why string) error {
	r.enter(ctx, a, generation.StateUnknown, why)
	defer r.board.search(ctx, r, a)()
	taken := 0
	for patience := firstPatience; ; {
		if a.identified != "" && a.PredictionID == "" {
			count(ctx, wire.MetricUnknown, map[string]string{wire.TagConclusion: string(wire.ConclusionFound)})
			r.setPrediction(ctx, a, a.identified)
		}
		if a.PredictionID != "" {
			return nil
		}
		found, named, err := r.find(ctx, a, patience)
		switch {
		case ctx.Err() != nil:
			return r.cancel(ctx, a)
		case a.decision != nil && !(err == nil && certain(found)):
			return r.decided(ctx, a)
		case named:
			continue
		case err != nil && r.waits(ctx, a, generation.StateUnknown, err):
			patience *= morePatience
			continue
		case ctx.Err() != nil: // while it waited
			return r.cancel(ctx, a)
		case err != nil:
			found = wire.Found{Conclusion: wire.ConclusionUndecided, Why: "nothing showed whether the submit was accepted before the deadline"}
		case found.Inferred && r.taken(a, found.PredictionID):
			if taken++; taken <= maxTaken {
				// A twin took it in the meantime. Workers see that when they search again.
				_ = workflow.Sleep(ctx, takenPause)
				continue
			}
			found = wire.Found{
				Conclusion: wire.ConclusionUndecided, Candidates: []string{found.PredictionID},
				Why: "its likely prediction belongs to another generation of this workflow",
			}
		}
		count(ctx, wire.MetricUnknown, map[string]string{wire.TagConclusion: string(found.Conclusion)})
		switch found.Conclusion {
		case wire.ConclusionFound:
			a.Inferred = found.Inferred
			r.setPrediction(ctx, a, found.PredictionID)
			return nil
		case wire.ConclusionAbsent:
			a.retry = true
			return r.refuse(ctx, a, generation.ErrorTypeSubmitUnknown, "proven absent: "+why)
		}
		a.Candidates = found.Candidates
		if r.request.OnUnknown != generation.AskUnknown || r.remaining(ctx) <= 0 {
			return r.fail(ctx, a, generation.ErrorTypeSubmitUnknown, doubt(why, found))
		}
		if err := r.ask(ctx, a, doubt(why, found)); err != nil {
			return err
		}
	}
}

// takenPause is longer than workers cache what a workflow knows.
const takenPause = 15 * time.Second

// maxTaken is how often a search restarts because a twin was faster. After that, the prediction
// is not held by a twin.
const maxTaken = 3

// certain reports whether the search found more than a person can know.
func certain(found wire.Found) bool {
	return found.Conclusion == wire.ConclusionFound && !found.Inferred
}

// doubt describes what is known about a submit that nothing could decide.
func doubt(why string, found wire.Found) string {
	text := why + "; it may be billed, and the search found no proof either way"
	if found.Why != "" {
		text += ": " + found.Why
	}
	if len(found.Candidates) > 0 {
		text += ". It may be prediction " + strings.Join(found.Candidates, ", ")
	}
	return text
}

// find runs the search until it has a conclusion, a webhook names an unknown prediction, or a
// person decides.
func (r *run) find(ctx workflow.Context, a *attempt, patience int) (found wire.Found, named bool, err error) {
	within := max(r.remaining(ctx), 0)
	findCtx, stop := workflow.WithCancel(workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:              r.request.TaskQueue,
		StartToCloseTimeout:    readTimeout,
		ScheduleToCloseTimeout: within + readTimeout + clockSlack,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:    2 * time.Second,
			BackoffCoefficient: 1.5,
			MaximumInterval:    30 * time.Second,
		},
		Summary: r.summary("was %s accepted?%s", r.request.Model, ordinal(a.Number)),
	}))
	defer stop()
	delivered := len(a.Delivered)
	future := workflow.ExecuteActivity(findCtx, wire.FindName, r.question(a, within, patience))
	done := false
	selector := workflow.NewSelector(ctx)
	r.mail.addTo(selector)
	selector.AddReceive(a.decisions, func(c workflow.ReceiveChannel, _ bool) { c.Receive(ctx, &a.decision) })
	selector.AddFuture(future, func(f workflow.Future) {
		done = true
		err = f.Get(ctx, &found)
	})
	for !done && !named && a.decision == nil {
		selector.Select(ctx)
		named = len(a.Delivered) > delivered
	}
	return found, named, err
}

// question is all that the workflow knows about the submit.
func (r *run) question(a *attempt, within time.Duration, patience int) wire.FindInput {
	return wire.FindInput{
		Key: r.request.Key, Model: r.request.Model, Account: r.request.Account, Nonce: a.Nonce,
		Seeded: wire.LeavesSeed(r.input),
		Began:  a.Started, Ended: a.over,
		Settle: r.request.Timing.Settle, Grace: r.request.Timing.Grace,
		Within: within, Patience: patience,
		Delivered: slices.Clone(a.Delivered), Earlier: a.earlier,
		APIKeys: r.board.apiKeys(r.request.Account, a.APIKey), KeyKnown: a.APIKey != "",
		StartedEvent: a.started,
		Twins:        r.twins(a),
	}
}

// maxTwins limits the twins passed to a search; more than a few are indistinguishable anyway.
const maxTwins = 50

// twins are the submits of this run with the same request whose predictions are unknown too.
func (r *run) twins(a *attempt) (twins []wire.Twin) {
	for _, status := range r.board.statuses {
		if status.Fingerprint != r.status.Fingerprint {
			continue
		}
		for _, other := range status.Attempts {
			unknown := other.State == generation.StateUnknown && other.PredictionID == ""
			if other.Nonce != a.Nonce && (unknown || other.Inferred) && len(twins) < maxTwins {
				twins = append(twins, wire.Twin{Nonce: other.Nonce, PredictionID: other.PredictionID})
			}
		}
	}
	return twins
}

// taken reports whether another generation of this run has the prediction.
func (r *run) taken(a *attempt, id string) bool {
	return slices.ContainsFunc(r.board.statuses, func(status *generation.Status) bool {
		return slices.ContainsFunc(status.Attempts, func(other *generation.Attempt) bool {
			return other != a.Attempt && other.PredictionID == id
		})
	})
}

// decided carries out a person's decision.
func (r *run) decided(ctx workflow.Context, a *attempt) error {
	decision := *a.decision
	a.decision = nil
	reason := "decided by hand"
	if decision.By != "" {
		reason = "decided by " + decision.By
	}
	if decision.Comment != "" {
		reason += ": " + decision.Comment
	}
	count(ctx, wire.MetricUnknown, map[string]string{wire.TagConclusion: "by_hand"})
	if decision.Absent {
		a.retry = true
		return r.refuse(ctx, a, generation.ErrorTypeSubmitUnknown, "absent, "+reason)
	}
	r.setPrediction(ctx, a, decision.PredictionID)
	return nil
}

// ask waits for a person's decision, or for another webhook. Nil means that something has
// changed.
func (r *run) ask(ctx workflow.Context, a *attempt, reason string) error {
	r.enter(ctx, a, generation.StateUnknown, reason+". Decide with wavespeed-temporal resolve")
	r.returnSlot(ctx, a) // a person may take days
	timerCtx, stop := workflow.WithCancel(ctx)
	defer stop()
	timer := workflow.NewTimerWithOptions(timerCtx, r.remaining(ctx), workflow.TimerOptions{Summary: r.summary("waiting for a person to decide whether %s was accepted", r.request.Model)})
	delivered, over := len(a.Delivered), false
	selector := workflow.NewSelector(ctx)
	r.mail.addTo(selector)
	selector.AddReceive(a.decisions, func(c workflow.ReceiveChannel, _ bool) { c.Receive(ctx, &a.decision) })
	selector.AddFuture(timer, func(workflow.Future) { over = true })
	for !over && a.decision == nil && len(a.Delivered) == delivered {
		selector.Select(ctx)
	}
	switch {
	case ctx.Err() != nil:
		return r.cancel(ctx, a)
	case a.decision != nil:
		return r.decided(ctx, a)
	case over:
		return r.fail(ctx, a, generation.ErrorTypeSubmitUnknown, reason)
	default:
		return nil
	}
}
