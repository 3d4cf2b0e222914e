package workflows

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

const (
	// maxTopUpWait limits the wait between two checks, each of which costs two actions.
	maxTopUpWait = 30 * time.Minute

	// lastCheck is how long before its deadline a generation checks for the last time.
	lastCheck = 10 * time.Second
)

// drought is an account whose balance does not cover the submits of a run. Those wait for a
// top-up. From time to time, the first of them is submitted to find out. If it is accepted, all
// are submitted again.
type drought struct {
	account string
	members int    // those that wait, and those that check
	waiting []*run // in the order in which they were refused
	wait    time.Duration
	next    time.Time // check
	relief  int       // counts the reasons for all to check
}

// waitsForTopUp reports whether the provider refused a submit because the account's balance does
// not cover it, and the submit should wait.
func (r *run) waitsForTopUp(ctx workflow.Context, err error) bool {
	var timeout *temporal.TimeoutError
	return generation.ErrorTypeOf(err) == generation.ErrorTypeInsufficientCredits && !errors.As(err, &timeout) &&
		r.request.OnInsufficientCredits == generation.WaitForCredits && ctx.Err() == nil && r.remaining(ctx) > lastCheck
}

// awaitTopUp waits until the submit should be sent again.
func (r *run) awaitTopUp(ctx workflow.Context, a *attempt, refusal error) error {
	d := r.enterDrought(ctx, a, refusal)
	relief := d.relief
	for !d.due(ctx, r, relief) {
		var err error
		if d.waiting[0] == r {
			err = d.sleep(ctx, relief)
		} else {
			err = workflow.Await(ctx, func() bool { return d.waiting[0] == r || d.due(ctx, r, relief) })
		}
		if err != nil {
			d.call(ctx, r)
			a.State = generation.StateAbsent
			return r.cancel(ctx, a)
		}
	}
	d.call(ctx, r)
	r.enter(ctx, a, generation.StateSubmitting, "")
	return nil
}

// enterDrought notes that a submit was refused.
func (r *run) enterDrought(ctx workflow.Context, a *attempt, refusal error) *drought {
	d := r.drought
	if d == nil {
		d = r.board.drought(r.request.Account)
		d.members++
		r.drought = d
	}
	d.waiting = append(d.waiting, r)
	d.plan(ctx, r)
	reason := refusal.Error()
	var failure *temporal.ApplicationError
	if errors.As(refusal, &failure) {
		reason = strings.TrimPrefix(failure.Message(), fmt.Sprintf("generation %q: ", r.request.Key))
	}
	a.Nonce = "" // nothing is under way, so nobody needs to search
	r.enter(ctx, a, generation.StateUnpaid, "waits for a top-up: "+reason+" (at "+workflow.Now(ctx).UTC().Format("15:04:05")+" UTC)")
	r.board.tellUnpaid(ctx)
	return d
}

// leaveDrought notes that the submit no longer depends on a top-up. If it was accepted, others
// may be.
func (r *run) leaveDrought(ctx workflow.Context, accepted bool) {
	d := r.drought
	if d == nil {
		return
	}
	r.drought = nil
	d.members--
	if accepted || d.members == 0 {
		d.relieve()
	}
	r.board.tellUnpaid(ctx)
}

// due reports whether a submit should be sent again.
func (d *drought) due(ctx workflow.Context, r *run, relief int) bool {
	return d.relief != relief || r.remaining(ctx) <= lastCheck || d.waiting[0] == r && !workflow.Now(ctx).Before(d.next)
}

// plan plans the next check, unless one is planned.
func (d *drought) plan(ctx workflow.Context, r *run) {
	if now, first := workflow.Now(ctx), r.request.Timing.TopUp; !now.Before(d.next) {
		d.wait = min(max(2*d.wait, first), max(first, maxTopUpWait))
		d.next = now.Add(d.wait)
	}
}

// call takes a submit out of the line.
func (d *drought) call(ctx workflow.Context, r *run) {
	d.waiting = slices.DeleteFunc(d.waiting, func(other *run) bool { return other == r })
	d.plan(ctx, r)
}

// sleep waits for the next check, or until one that waits has little time left. All share the
// timer of the first.
func (d *drought) sleep(ctx workflow.Context, relief int) error {
	until := d.until()
	timerCtx, stop := workflow.WithCancel(ctx)
	defer stop()
	timer := workflow.NewTimerWithOptions(timerCtx, max(until.Sub(workflow.Now(ctx)), time.Second), workflow.TimerOptions{
		Summary: "account " + d.account + " needs a top-up; checking again when this timer fires",
	})
	return workflow.Await(ctx, func() bool { return timer.IsReady() || d.relief != relief || d.until().Before(until) })
}

// until is when the first of those that wait has something to do.
func (d *drought) until() time.Time {
	until := d.next
	for _, r := range d.waiting {
		if last := r.deadline.Add(-lastCheck); last.Before(until) {
			until = last
		}
	}
	return until
}

// relieve makes all check now.
func (d *drought) relieve() {
	d.wait, d.next = 0, time.Time{}
	d.relief++
}

func (b *board) relieve() {
	for _, d := range b.droughts {
		d.relieve()
	}
}

func (b *board) drought(account string) *drought {
	for _, d := range b.droughts {
		if d.account == account {
			return d
		}
	}
	d := &drought{account: account}
	b.droughts = append(b.droughts, d)
	return d
}

func (b *board) Unpaid() (accounts []string) {
	for _, d := range b.droughts {
		if d.members > 0 {
			accounts = append(accounts, d.account)
		}
	}
	return accounts
}

func (b *board) OnUnpaid(changed func(workflow.Context)) { b.onUnpaid = changed }

// tellUnpaid tells whom it concerns if the accounts have changed whose top-up submits wait for.
func (b *board) tellUnpaid(ctx workflow.Context) {
	if unpaid := b.Unpaid(); b.onUnpaid != nil && !slices.Equal(unpaid, b.unpaid) {
		b.unpaid = unpaid
		b.onUnpaid(ctx)
	}
}
