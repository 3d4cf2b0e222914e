package workflows

import (
	"encoding/hex"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// attempt is one submit and what is known about its prediction.
type attempt struct {
	*generation.Attempt
	webhook bool           // the submit had a webhook address
	charged generation.USD // its cost against the budget, in USD
	retry   bool           // proven absent, so it may be submitted again
	hinted  bool           // a webhook arrived that must be checked with the provider
	outcome *wire.Outcome  // how the prediction ended; nil while it runs
	via     string
	sent    time.Time     // when the webhook that ended it was sent
	heard   []wire.Signal // arrived while the prediction's id was unknown

	refusals   int                    // for the account's limits, though it had a slot
	unsent     []string               // activities that surely had not sent it when it was canceled
	started    int64                  // the event that tells which worker had the submit
	over       time.Time              // the latest time at which an unknown submit can have been made
	earlier    bool                   // an earlier run made it
	identified string                 // the prediction that a webhook proved to be its own
	decisions  workflow.Channel       // of people, while it is unknown
	decision   *generation.Resolution // still to be carried out
}

// settled reports whether waiting for the webhook is over.
func (a *attempt) settled() bool { return a.outcome != nil || a.hinted }

func (r *run) newAttempt(ctx workflow.Context) *attempt {
	a := &attempt{Attempt: r.board.newAttempt(r.status, workflow.Now(ctx))}
	r.attempts = append(r.attempts, a)
	r.board.UpdateDetails(ctx)
	return a
}

// newNonce adds no event to the history and returns the same value in every replay. After a
// reset to an earlier point it returns a different value, so signals for submits made before
// the reset are not mistaken for ours.
func newNonce(ctx workflow.Context, key string) string {
	var nonce [16]byte
	_, _ = workflow.GetRandomStream(ctx, "wavespeed/nonce/"+key).Read(nonce[:])
	return hex.EncodeToString(nonce[:])
}

// take accepts a signal about the attempt's prediction. While the prediction is unknown, it
// keeps the signal.
func (a *attempt) take(r *run, signal wire.Signal) {
	switch {
	case a.PredictionID == "":
		a.keep(signal)
	case a.PredictionID != signal.PredictionID:
		r.logger.Warn("signal ignored: the prediction belongs to another generation",
			"prediction_id", a.PredictionID, "signaled_prediction_id", signal.PredictionID)
	case a.outcome != nil:
		r.logger.Debug("signal ignored: the prediction's outcome is already known", "prediction_id", a.PredictionID)
	case signal.Hint || signal.Omitted:
		a.hinted = true
	default:
		outcome := signal.Outcome
		a.outcome, a.via, a.sent = &outcome, wire.ViaWebhook, signal.Sent
	}
}

// maxHeard limits how many signals are kept, in case of a flood of genuine ones.
const maxHeard = 100

func (a *attempt) keep(signal wire.Signal) {
	same := func(s wire.Signal) bool {
		return s.PredictionID == signal.PredictionID && s.Hint == signal.Hint && s.Status == signal.Status
	}
	if signal.Identified {
		a.identified = signal.PredictionID
	}
	if len(a.heard) < maxHeard && !slices.ContainsFunc(a.heard, same) {
		a.heard = append(a.heard, signal)
	}
	if len(a.Delivered) < wire.MaxCandidates && !slices.Contains(a.Delivered, signal.PredictionID) {
		a.Delivered = append(a.Delivered, signal.PredictionID)
	}
}

// setPrediction sets the attempt's prediction and processes signals that arrived before.
func (r *run) setPrediction(ctx workflow.Context, a *attempt, id string) {
	a.PredictionID, a.Accepted = id, workflow.Now(ctx)
	a.Reason, a.Candidates, a.Delivered = "", nil, nil
	heard := a.heard
	a.heard = nil
	for _, signal := range heard {
		a.take(r, signal)
	}
	r.mail.hear()
	r.enter(ctx, a, generation.StateWaiting, "")
}
