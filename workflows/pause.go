package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// pauses are those of a run.
type pauses struct {
	paused bool
	n      int // so far
	since  time.Time
	ended  time.Duration // how long those took that have ended
}

// took is how long the run has been paused so far.
func (p *pauses) took(ctx workflow.Context) time.Duration {
	if p.paused {
		return p.ended + workflow.Now(ctx).Sub(p.since)
	}
	return p.ended
}

func (b *board) Paused() bool { return b.pauses.paused }

func (b *board) Pause(ctx workflow.Context) {
	p := &b.pauses
	if p.paused {
		return
	}
	p.paused, p.since = true, workflow.Now(ctx)
	p.n++
	// Activities of submits that have started look at the memo before they send anything. The
	// names of earlier pauses are removed, unless a codec makes something of nothing.
	_ = workflow.UpsertMemo(ctx, map[string]any{wire.PausedMemo(p.n): true, wire.PausedMemo(p.n - 1): nil, wire.ResumedMemo(p.n - 1): nil})
	b.relieve()
	b.UpdateDetails(ctx)
}

func (b *board) Resume(ctx workflow.Context) {
	if p := &b.pauses; p.paused {
		p.ended, p.paused = p.took(ctx), false
		_ = workflow.UpsertMemo(ctx, map[string]any{wire.ResumedMemo(p.n): true})
	}
	b.relieve()
	b.UpdateDetails(ctx)
}

func (b *board) AwaitResume(ctx workflow.Context) error {
	if !b.Paused() {
		return nil
	}
	return workflow.Await(ctx, func() bool { return !b.Paused() })
}

// mayPost waits until the submit may be sent: the run is not paused, the account's limits allow
// it, and the history has room for it.
func (r *run) mayPost(ctx workflow.Context, a *attempt) error {
	for {
		if err := r.awaitResume(ctx, a); err != nil {
			return err
		}
		if err := r.takeSlot(ctx, a); err != nil {
			return err
		}
		if r.board.Paused() {
			continue
		}
		if err := r.board.AwaitRoom(ctx, len(r.input)); err != nil || !r.board.Paused() {
			return err
		}
	}
}

// awaitResume waits while the run is paused, without a slot of the account's limits. That time
// does not count towards the generation's deadline.
func (r *run) awaitResume(ctx workflow.Context, a *attempt) error {
	if !r.board.Paused() {
		return nil
	}
	began := workflow.Now(ctx)
	a.Nonce = "" // nothing is under way, so nobody needs to search
	r.dropSlot() // others need it
	r.enter(ctx, a, generation.StatePaused, "the run is paused")
	err := r.board.AwaitResume(ctx)
	r.deadline = r.deadline.Add(workflow.Now(ctx).Sub(began))
	if err != nil {
		a.State = generation.StateAbsent
		return r.cancel(ctx, a)
	}
	r.enter(ctx, a, generation.StateSubmitting, "")
	return nil
}
