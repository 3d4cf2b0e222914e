package workflows

import (
	"errors"
	"slices"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// stoppable is something on the way to a submit that a pause stops.
type stoppable struct {
	stop    workflow.CancelFunc
	stopped bool
}

func (b *board) Paused() bool { return b.paused }

func (b *board) Pause(ctx workflow.Context) {
	b.paused = true
	for _, s := range b.waiting {
		s.stopped = true
		s.stop()
	}
	b.UpdateDetails(ctx)
}

func (b *board) Resume(ctx workflow.Context) {
	b.paused = false
	b.UpdateDetails(ctx)
}

func (b *board) AwaitResume(ctx workflow.Context) error {
	if !b.paused {
		return nil
	}
	return workflow.Await(ctx, func() bool { return !b.paused })
}

// stoppable returns a context that a pause cancels, until over is called, which reports whether
// it did. It stops an activity that no worker has started, or that waits for its next attempt.
// One that a worker is carrying out ends with its own result, and is not retried.
func (b *board) stoppable(ctx workflow.Context) (_ workflow.Context, over func() (stopped bool)) {
	ctx, stop := workflow.WithCancel(ctx)
	s := &stoppable{stop: stop}
	b.waiting = append(b.waiting, s)
	return ctx, func() bool {
		stop()
		b.waiting = slices.DeleteFunc(b.waiting, func(other *stoppable) bool { return other == s })
		return s.stopped
	}
}

// neverSent reports whether the provider surely did not accept a submit that was stopped.
func neverSent(err error) bool {
	var canceled *temporal.CanceledError
	var failure *temporal.ApplicationError
	return errors.As(err, &canceled) || errors.As(err, &failure) && slices.Contains(notAccepted, failure.Type())
}

// mayPost waits until the submit may be sent: the run is not paused, the account's limits allow
// it, and the history has room for it.
func (r *run) mayPost(ctx workflow.Context, a *attempt) error {
	for {
		if r.board.paused {
			r.dropSlot() // others need it
		}
		if err := r.awaitResume(ctx, a); err != nil {
			return err
		}
		if err := r.takeSlot(ctx, a); err != nil {
			return err
		}
		if r.board.paused {
			continue
		}
		if err := r.board.AwaitRoom(ctx, len(r.input)); err != nil || !r.board.paused {
			return err
		}
	}
}

// awaitResume waits while the run is paused, without a slot of the account's limits. That time
// does not count towards the generation's deadline.
func (r *run) awaitResume(ctx workflow.Context, a *attempt) error {
	if !r.board.paused {
		return nil
	}
	began := workflow.Now(ctx)
	a.Nonce = "" // nothing is under way, so nobody needs to search
	r.dropSlot()
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
