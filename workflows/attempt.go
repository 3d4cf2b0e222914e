package workflows

import (
	"encoding/hex"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// attempt is one submit with all that is known of its prediction.
type attempt struct {
	*generation.Attempt
	webhook bool           // the provider was given an address
	charged generation.USD // what the budget counts for it, in USD
	retry   bool           // absent by proof, so it may be submitted again
	hinted  bool           // a webhook came that must be checked by asking
	outcome *wire.Outcome  // how the prediction ended; nil while it runs
	via     generation.Via
	sent    time.Time     // when the webhook that ended it was sent
	heard   []wire.Signal // came while the prediction's id was not known

	started    int64                  // the event that tells which worker had the submit
	over       time.Time              // when an unknown submit can have been made at the latest
	earlier    bool                   // an earlier run made it
	identified string                 // the prediction that a webhook proved to be its own
	decisions  workflow.Channel       // of people, while it is unknown
	decision   *generation.Resolution // that is to be carried out
}

// settled tells whether waiting for the webhook is over.
func (a *attempt) settled() bool { return a.outcome != nil || a.hinted }

func (r *run) newAttempt(ctx workflow.Context) *attempt {
	a := &attempt{Attempt: r.board.newAttempt(r.status, workflow.Now(ctx))}
	r.attempts = append(r.attempts, a)
	r.board.show(ctx)
	return a
}

// newNonce costs no event and is the same in every replay. After a reset to a
// point before it was drawn it is another, so that a signal for what was submitted
// before the reset is not taken for ours.
func newNonce(ctx workflow.Context, key string) string {
	var nonce [16]byte
	_, _ = workflow.GetRandomStream(ctx, "wavespeed/nonce/"+key).Read(nonce[:])
	return hex.EncodeToString(nonce[:])
}

// take believes a signal that is about the attempt's prediction; while that is not
// known, it keeps the signal.
func (a *attempt) take(r *run, signal wire.Signal) {
	switch {
	case a.PredictionID == "":
		a.keep(signal)
	case a.PredictionID != signal.PredictionID:
		r.logger.Warn("signal ignored: it is about a prediction that is not this generation's",
			"prediction_id", a.PredictionID, "signaled_prediction_id", signal.PredictionID)
	case a.outcome != nil:
		r.logger.Debug("signal ignored: the prediction's outcome is known", "prediction_id", a.PredictionID)
	case signal.Hint || signal.Omitted:
		a.hinted = true
	default:
		outcome := signal.Outcome
		a.outcome, a.via, a.sent = &outcome, generation.ViaWebhook, signal.Sent
	}
}

// maxHeard bounds what a flood of genuine signals can make a worker keep.
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

// setPrediction names the attempt's prediction and judges what was heard before.
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
