package workflows

import (
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/quota"
)

// ticket is one submit's claim to a slot, from when it waits until its prediction has ended.
type ticket struct {
	lease   *lease
	kind    quota.Kind
	ready   bool         // it has a slot
	ungated bool         // without the keeper
	show    func(string) // says in the generation's status why it waits
	began   time.Time

	answered     bool   // the submit is no longer under way
	predictionID string // "" while it isn't known
}

// take waits for a slot. It returns an error only if ctx is canceled.
func (l *lease) take(ctx workflow.Context, kind quota.Kind, show func(string)) (*ticket, error) {
	t := &ticket{lease: l, kind: kind, show: show}
	l.queue = append(l.queue, t)
	l.wake()
	show(l.waiting(len(l.queue) - 1))
	if workflow.Await(ctx, func() bool { return t.ready }) == nil {
		return t, nil
	}
	if t.ready {
		t.unused()
	}
	l.queue = slices.DeleteFunc(l.queue, func(other *ticket) bool { return other == t })
	l.wake()
	return nil, temporal.NewCanceledError()
}

// hold takes a slot for a prediction that runs already.
func (l *lease) hold(ctx workflow.Context, kind quota.Kind, predictionID string) *ticket {
	t := &ticket{lease: l, kind: kind, ready: true, began: workflow.Now(ctx), answered: true, predictionID: predictionID}
	l.holders = append(l.holders, t)
	l.wake()
	return t
}

// made notes that the provider has the submit, or may have it.
func (t *ticket) made(ctx workflow.Context, predictionID string) {
	t.predictionID = predictionID
	if t.answered {
		return
	}
	t.answered = true
	t.lease.posting[t.kind]--
	t.lease.report.Made++
	t.lease.pulse++
	t.lease.report.Recent.Add(workflow.Now(ctx), t.kind)
	t.lease.wake()
}

// unused returns the slot of a submit that was not made.
func (t *ticket) unused() {
	if !t.answered {
		t.lease.posting[t.kind]--
		t.lease.turn--
	}
	t.end()
}

// refused returns the slot of a submit that the account's limits did not allow. The lease is too
// large then; the keeper sends another one.
func (t *ticket) refused(pool quota.Pool, retryAt time.Time) {
	l := t.lease
	l.report.Refused++
	l.report.Pool, l.report.RetryAt = pool, retryAt
	if l.granted.Slots > 0 {
		l.granted.Slots = min(l.granted.Slots, len(l.holders)-1)
	}
	t.unused()
}

// ended returns the slot of a prediction that has ended.
func (t *ticket) ended(ctx workflow.Context) {
	t.lease.report.Ended++
	t.lease.report.Took += workflow.Now(ctx).Sub(t.began)
	t.end()
}

// abandoned returns the slot of a prediction that may run on. The keeper counts it until the
// provider says that it has ended.
func (t *ticket) abandoned() {
	if t.predictionID != "" {
		t.lease.report.Abandoned = append(t.lease.report.Abandoned, t.predictionID)
	}
	t.unused()
}

func (t *ticket) end() {
	t.lease.holders = slices.DeleteFunc(t.lease.holders, func(other *ticket) bool { return other == t })
	t.lease.wake()
}
