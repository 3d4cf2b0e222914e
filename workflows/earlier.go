package workflows

import (
	"maps"
	"slices"

	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

type earlierKey struct{}

// earlier are generations of another run, by what they asked for.
type earlier map[string][]generation.Status

// WithEarlier keeps what an earlier run has paid for. A generation of the context whose
// request asks for the same as an earlier one (model, account and input; the key is
// preferred where several do) does not submit anything if that
//
//   - has completed: its result is this one's;
//   - has a prediction that did not fail: the prediction is awaited;
//   - has a submit of which nobody knows whether it was accepted: it is looked for, and
//     submitted again only when it is proven absent.
//
// The earlier run's statuses are what its query [generation.StatusQuery] answers, also
// after its end, and what [Statuses] gives. Leave out those that are to be made again.
func WithEarlier(ctx workflow.Context, statuses ...generation.Status) workflow.Context {
	Know(ctx, statuses...)
	known := make(earlier, len(statuses))
	for _, status := range statuses {
		if status.Fingerprint != "" && worthKeeping(status) {
			known[status.Fingerprint] = append(known[status.Fingerprint], status)
		}
	}
	board := boardOf(ctx)
	board.earlier = append(board.earlier, known)
	_ = board.answer(ctx) // fails where a name is taken, which the first generation reports
	return workflow.WithValue(ctx, earlierKey{}, known)
}

// left are the earlier generations that this run has not taken up yet. A run that resumes
// this one needs them too.
func (b *board) left() (left []generation.Status) {
	for _, known := range b.earlier {
		for _, fingerprint := range slices.Sorted(maps.Keys(known)) {
			for _, status := range known[fingerprint] {
				status = status.Clone()
				status.Earlier = true
				left = append(left, status)
			}
		}
	}
	return left
}

// Know tells the run's generations of those of other runs, so that one whose submit must be
// looked for takes none of their predictions for its own.
func Know(ctx workflow.Context, statuses ...generation.Status) {
	board := boardOf(ctx)
	board.others = append(board.others, statuses...)
}

func worthKeeping(status generation.Status) bool {
	return hasResult(status) || openPrediction(status) != nil || openSubmit(status) != nil
}

func hasResult(status generation.Status) bool {
	return status.State == generation.StateCompleted && (len(status.Outputs) > 0 || status.Omitted)
}

// openPrediction is one that was accepted and may still give a result.
func openPrediction(status generation.Status) *generation.Attempt {
	switch last := lastAttempt(status); {
	case last == nil || last.PredictionID == "" || status.State == generation.StateCompleted:
		return nil
	case last.State == generation.StateFailed && !status.GivenUp():
		return nil
	default:
		return last
	}
}

// openSubmit is one that may have been accepted.
func openSubmit(status generation.Status) *generation.Attempt {
	last := lastAttempt(status)
	if last == nil || last.PredictionID != "" || last.Nonce == "" {
		return nil
	}
	switch last.State {
	case generation.StateSubmitting, generation.StateUnknown, generation.StateCanceled:
		return last
	default:
		return nil
	}
}

func lastAttempt(status generation.Status) *generation.Attempt {
	if len(status.Attempts) == 0 {
		return nil
	}
	return status.Attempts[len(status.Attempts)-1]
}

// takeEarlier gives each earlier generation away once.
func takeEarlier(ctx workflow.Context, key, fingerprint string) *generation.Status {
	known, _ := ctx.Value(earlierKey{}).(earlier)
	same := known[fingerprint]
	if len(same) == 0 {
		return nil
	}
	// A result is better than an open prediction, and of both the one with the key.
	rank := func(status generation.Status) (points int) {
		if hasResult(status) {
			points += 2
		}
		if status.Key == key {
			points++
		}
		return points
	}
	chosen := 0
	for i, status := range same {
		if rank(status) > rank(same[chosen]) {
			chosen = i
		}
	}
	status := same[chosen]
	status.Earlier = false
	known[fingerprint] = append(same[:chosen:chosen], same[chosen+1:]...)
	return &status
}

// hasEarlier tells whether an earlier run has something such of the request.
func hasEarlier(ctx workflow.Context, request generation.Request, such func(generation.Status) bool) bool {
	known, _ := ctx.Value(earlierKey{}).(earlier)
	if len(known) == 0 {
		return false
	}
	fingerprint, err := wire.Fingerprint(request)
	return err == nil && slices.ContainsFunc(known[fingerprint], such)
}

// keep makes an earlier result this generation's.
func (r *run) keep(ctx workflow.Context) generation.Result {
	kept := r.earlier.Clone()
	r.status.Kept = true
	r.status.State = generation.StateCompleted
	r.status.Model, r.status.Attempts, r.status.Outputs, r.status.Omitted = kept.Model, kept.Attempts, kept.Outputs, kept.Omitted
	r.status.NSFW, r.status.InferenceMS = kept.NSFW, kept.InferenceMS
	r.board.show(ctx)
	return generation.Result{
		Key: r.request.Key, Model: kept.Model, Account: kept.Account, PredictionID: kept.PredictionID(),
		Outputs: kept.Outputs, Omitted: kept.Omitted, NSFW: kept.NSFW, InferenceMS: kept.InferenceMS,
		Via: generation.ViaEarlier, Attempts: r.status.Clone().Attempts,
	}
}

// resume continues with what the earlier generation left open, and false if it left
// nothing.
func (r *run) resume(ctx workflow.Context, a *attempt) (bool, error) {
	if r.earlier == nil || a.Number > 1 {
		return false, nil
	}
	if last := openPrediction(*r.earlier); last != nil {
		if err := generation.ValidatePredictionID(last.PredictionID); err != nil {
			return true, r.refuse(ctx, a, generation.ErrInvalidInput, "what an earlier run has left: "+err.Error())
		}
		a.Nonce, a.Inferred, a.Answered = last.Nonce, last.Inferred, last.Answered
		r.setPrediction(ctx, a, last.PredictionID)
		return true, nil
	}
	open := openSubmit(*r.earlier)
	if open == nil {
		return false, nil
	}
	a.Nonce, a.Started, a.Window, a.APIKey = open.Nonce, open.Started, open.Window, open.APIKey
	a.Delivered, a.Key = slices.Clone(open.Delivered), r.addressed()
	a.earlier, a.over = true, r.lastEnd(ctx, a)
	r.mail.claim(a)
	return true, r.resolve(ctx, a, "an earlier run ended before its submit's answer was recorded")
}
