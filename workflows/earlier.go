package workflows

import (
	"maps"
	"slices"

	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/predictionid"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/record"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

type earlierKey struct{}

// earlier are generations of another run, by fingerprint of their requests.
type earlier map[string][]generation.Status

// WithEarlier keeps the paid results of an earlier run. A generation of the context reuses an
// earlier one if their requests have the same model, account and input; if several match, one
// with the same key is preferred. It submits nothing if the earlier generation
//
//   - has completed: its result is reused;
//   - has a prediction that did not fail: the prediction is awaited;
//   - has an unknown submit: the workflow looks for its prediction, and submits again only
//     once it is proven absent.
//
// Get the earlier run's statuses from its query [generation.StatusQuery], which works after its
// end too, or from [Statuses]. Leave out those to regenerate. A query does not tell of webhooks and
// answers that arrived after the last workflow task of a run; unknown submits are then searched for
// without those.
func WithEarlier(ctx workflow.Context, statuses ...generation.Status) workflow.Context {
	boardOf(ctx).Know(statuses...)
	known := make(earlier, len(statuses))
	for _, status := range statuses {
		if status.Fingerprint != "" && record.WorthKeeping(status) {
			known[status.Fingerprint] = append(known[status.Fingerprint], status)
		}
	}
	board := boardOf(ctx)
	board.earlier = append(board.earlier, known)
	_ = board.answer(ctx) // fails if a name is taken, which the first generation reports
	return workflow.WithValue(ctx, earlierKey{}, known)
}

// left returns the earlier generations that this run has not taken up yet. A run that resumes
// this one needs them too.
func (b *board) left() (left []generation.Status) {
	for _, known := range b.earlier {
		for _, fingerprint := range slices.Sorted(maps.Keys(known)) {
			for _, status := range known[fingerprint] {
				status = record.Clone(status)
				status.Earlier = true
				left = append(left, status)
			}
		}
	}
	return left
}

func (b *board) Know(statuses ...generation.Status) { b.others = append(b.others, statuses...) }

// takeEarlier returns each earlier generation at most once.
func takeEarlier(ctx workflow.Context, key, fingerprint string) *generation.Status {
	known, _ := ctx.Value(earlierKey{}).(earlier)
	same := known[fingerprint]
	if len(same) == 0 {
		return nil
	}
	// Prefer a result to an open prediction, and one with the same key to others.
	rank := func(status generation.Status) (points int) {
		if record.HasResult(status) {
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

// hasEarlier reports whether an earlier run has a matching generation.
func hasEarlier(ctx workflow.Context, request generation.Request, such func(generation.Status) bool) bool {
	known, _ := ctx.Value(earlierKey{}).(earlier)
	if len(known) == 0 {
		return false
	}
	fingerprint, err := wire.Fingerprint(request)
	return err == nil && slices.ContainsFunc(known[fingerprint], such)
}

// keep adopts an earlier result.
func (r *run) keep(ctx workflow.Context) generation.Result {
	kept := record.Clone(*r.earlier)
	r.status.Kept = true
	r.status.State = generation.StateCompleted
	r.status.Model, r.status.Attempts, r.status.Produced = kept.Model, kept.Attempts, kept.Produced
	r.board.UpdateDetails(ctx)
	return generation.Result{
		Key: r.request.Key, Model: kept.Model, Account: kept.Account, PredictionID: kept.PredictionID(),
		Produced: kept.Produced, Via: wire.ViaEarlier, Attempts: record.Clone(*r.status).Attempts,
	}
}

// resume continues the unfinished earlier generation. It returns false if there is nothing to
// continue.
func (r *run) resume(ctx workflow.Context, a *attempt) (bool, error) {
	if r.earlier == nil || a.Number > 1 {
		return false, nil
	}
	if last := record.OpenPrediction(*r.earlier); last != nil {
		if err := predictionid.Validate(last.PredictionID); err != nil {
			return true, r.refuse(ctx, a, generation.ErrorTypeInvalidInput, "unfinished generation of an earlier run: "+err.Error())
		}
		a.Nonce, a.Inferred, a.Answered = last.Nonce, last.Inferred, last.Answered
		r.holdSlot(ctx, last.PredictionID)
		r.setPrediction(ctx, a, last.PredictionID)
		return true, nil
	}
	open := record.OpenSubmit(*r.earlier)
	if open == nil {
		return false, nil
	}
	a.Nonce, a.Started, a.Window, a.APIKey = open.Nonce, open.Started, open.Window, open.APIKey
	a.Delivered, a.Key = slices.Clone(open.Delivered), r.addressed()
	a.earlier, a.over = true, r.lastEnd(ctx, a)
	r.mail.claim(a)
	r.holdSlot(ctx, "")
	return true, r.resolve(ctx, a, "an earlier run ended before it recorded the response to its submit")
}
