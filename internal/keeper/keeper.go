// Package keeper has the workflow that keeps the limits of an account: one for each account of a
// Temporal namespace. Runs report to it by signal what they have and want, and it sends them
// leases; package quota decides who gets what. It never ends by itself, and costs nothing while
// no run submits.
//
// It may be killed: the next run that reports starts another one, which asks the history of the
// former what it knew. While there is none, runs go on without limits.
package keeper

import (
	"errors"
	"maps"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/quota"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

const (
	// The time between two comparisons with the provider, while a submit waits. It grows while
	// nothing is found, and begins anew with everything that may have changed.
	soon   = 5 * time.Second
	normal = 2 * time.Minute
	rarely = 15 * time.Minute

	// unheard is how long a run may be silent before it is looked up whether it still exists.
	unheard = time.Minute

	// maxEvents is the length of a history after which the keeper continues as new.
	maxEvents = 4000

	// maxSending is how many leases may be under way.
	maxSending = 500

	reconcileTimeout = 30 * time.Second

	// recoveries is how often a new keeper tries to read what the former knew. Each takes a minute
	// at most.
	recoveries = 3

	// leaveWithin is how long a keeper that continues as new waits for what is under way.
	leaveWithin = 5 * time.Second

	// mostRuns is how many runs are looked up at once.
	mostRuns = 200
)

// keeper is one run of the workflow.
type keeper struct {
	account string
	queue   string // of the activities
	state   *wire.KeeperState
	begun   bool // it knows what the keeper before it knew
	alarm   *alarm
	sending int            // leases under way
	unsent  map[string]int // the same, by run
	looking bool           // a comparison is under way
	looked  time.Time      // when the latest ended, or the first submit began to wait
	pause   time.Duration  // until the next
	doubts  int            // what had been found when the latest began
	leaving time.Time      // when it continues as new, whatever is under way; zero if it doesn't
	wake    workflow.Channel
	metrics *metrics
}

// alarm is the keeper's one timer.
type alarm struct {
	at     time.Time
	future workflow.Future
	cancel workflow.CancelFunc
}

// Keep is the workflow [wire.KeeperName].
func Keep(ctx workflow.Context, in wire.KeeperInput) error {
	k := &keeper{account: in.Account, queue: in.TaskQueue, state: in.State, begun: in.State != nil, pause: normal, wake: workflow.NewBufferedChannel(ctx, 1), unsent: make(map[string]int)}
	if !k.begun {
		k.state = &wire.KeeperState{Keeper: quota.NewKeeper()}
	}
	if err := k.answer(ctx); err != nil {
		return err
	}
	if !k.begun {
		if err := k.begin(ctx); err != nil {
			return err
		}
	}
	k.begun = true
	k.state.Version = quota.Version
	k.metrics = newMetrics(ctx, k.account, k.state)
	reports := workflow.GetSignalChannel(ctx, wire.ReportSignal)
	for ctx.Err() == nil {
		k.hear(ctx, reports)
		if k.full(ctx) && k.mayLeave(ctx) {
			return k.leave(ctx)
		}
		k.divide(ctx)
		selector := workflow.NewSelector(ctx)
		selector.AddReceive(reports, func(workflow.ReceiveChannel, bool) {})
		selector.AddReceive(workflow.GetSignalChannel(ctx, wire.ConfiguredSignal), func(workflow.ReceiveChannel, bool) {})
		selector.AddReceive(k.wake, func(c workflow.ReceiveChannel, _ bool) { c.ReceiveAsync(nil) })
		selector.AddReceive(ctx.Done(), func(workflow.ReceiveChannel, bool) {})
		if set := k.alarm; set != nil {
			selector.AddFuture(set.future, func(workflow.Future) { k.ring(ctx, set) })
		}
		selector.Select(ctx)
	}
	return ctx.Err()
}

// begin learns the limits, and what the keeper before this one knew. Until then nobody gets a
// lease: runs that hear nothing go on without limits after a while, and ask again.
func (k *keeper) begin(ctx workflow.Context) error {
	for try := 1; !k.reconcile(ctx, wire.ReconcileInput{Recover: true, Settle: try > recoveries}); try++ {
		if k.full(ctx) {
			return workflow.NewContinueAsNewError(ctx, wire.KeeperName, wire.KeeperInput{Account: k.account, TaskQueue: k.queue})
		}
		if err := workflow.Sleep(ctx, soon); err != nil {
			return err
		}
	}
	return nil
}

// mayLeave reports whether nothing is under way that would be lost, or it has been waited for long
// enough. Until then the keeper goes on.
func (k *keeper) mayLeave(ctx workflow.Context) bool {
	now := workflow.Now(ctx)
	if k.leaving.IsZero() {
		k.leaving = now.Add(leaveWithin)
	}
	return k.sending == 0 && !k.looking && workflow.AllHandlersFinished(ctx) || !now.Before(k.leaving)
}

// leave continues as new. Leases that have not arrived yet are sent again.
func (k *keeper) leave(ctx workflow.Context) error {
	for _, run := range slices.Sorted(maps.Keys(k.unsent)) {
		k.state.Repeat(run)
	}
	k.state.Trim(quota.MaxHolders)
	return workflow.NewContinueAsNewError(ctx, wire.KeeperName, wire.KeeperInput{Account: k.account, TaskQueue: k.queue, State: k.state})
}

// full reports whether the history is long enough to begin another one.
func (k *keeper) full(ctx workflow.Context) bool {
	info := workflow.GetInfo(ctx)
	return info.GetCurrentHistoryLength() > maxEvents || info.GetContinueAsNewSuggested()
}

func (k *keeper) hear(ctx workflow.Context, reports workflow.ReceiveChannel) {
	k.hearWorkers(ctx)
	var report quota.Report
	for reports.ReceiveAsync(&report) {
		k.state.Report(workflow.Now(ctx), report)
		report = quota.Report{}
	}
}

// divide sends leases to those for whom something has changed.
func (k *keeper) divide(ctx workflow.Context) {
	k.showPause(ctx)
	now := workflow.Now(ctx)
	if k.sending > maxSending {
		return // each that arrives wakes it
	}
	messages, again := k.state.Divide(now)
	for _, message := range messages {
		k.send(ctx, message)
	}
	if !again.IsZero() && !again.After(now) {
		k.look()
		again = time.Time{}
	}
	k.setAlarm(ctx, now, again)
	workflow.SetCurrentDetails(ctx, details(k.account, k.state, now))
	k.metrics.report(now, k.state)
}

// send sends a lease. A run that can't be reached has ended.
func (k *keeper) send(ctx workflow.Context, m quota.Message) {
	sent := workflow.SignalExternalWorkflow(ctx, m.WorkflowID, m.RunID, wire.LeaseSignal(k.account), m.Lease)
	k.sending++
	k.unsent[m.RunID]++
	workflow.Go(ctx, func(ctx workflow.Context) {
		var unknown *temporal.UnknownExternalWorkflowExecutionError
		if err := sent.Get(ctx, nil); errors.As(err, &unknown) {
			k.state.Suspect(m.RunID)
			k.look()
		}
		if k.unsent[m.RunID]--; k.unsent[m.RunID] == 0 {
			delete(k.unsent, m.RunID)
		}
		if k.sending--; k.sending == maxSending || k.sending == 0 && !k.leaving.IsZero() {
			k.look()
		}
	})
}

// look makes the keeper divide again.
func (k *keeper) look() { k.wake.SendAsync(true) }

// setAlarm sets the timer, unless it is set already and rings early enough. One that rings for
// nothing costs less than setting it again each time.
func (k *keeper) setAlarm(ctx workflow.Context, now, again time.Time) {
	at := k.nextLook(now)
	if !k.leaving.IsZero() {
		at = k.leaving
	}
	if !again.IsZero() && (at.IsZero() || again.Before(at)) {
		at = again
	}
	if at.IsZero() || k.alarm != nil && !k.alarm.at.After(at) {
		return
	}
	if k.alarm != nil {
		k.alarm.cancel()
	}
	timerCtx, cancel := workflow.WithCancel(ctx)
	k.alarm = &alarm{at: at, cancel: cancel, future: workflow.NewTimerWithOptions(timerCtx, max(at.Sub(now), time.Second), workflow.TimerOptions{Summary: "look again"})}
}

// nextLook is when to compare with the provider; zero while nothing waits.
func (k *keeper) nextLook(now time.Time) time.Time {
	switch doubts := k.state.Doubts(); {
	case k.looking || !k.leaving.IsZero():
		return time.Time{}
	case k.state.Waiting(now) == 0:
		k.looked, k.pause = now, normal
		return time.Time{}
	case doubts > k.doubts:
		k.looked, k.pause, k.doubts = now, soon, doubts
	}
	return k.looked.Add(k.pause)
}

func (k *keeper) ring(ctx workflow.Context, set *alarm) {
	if k.alarm != set {
		return
	}
	k.alarm = nil
	now := workflow.Now(ctx)
	if at := k.nextLook(now); !at.IsZero() && !at.After(now) {
		k.looking = true
		workflow.Go(ctx, func(ctx workflow.Context) {
			k.reconcile(ctx, wire.ReconcileInput{})
			k.look()
		})
	}
}

// reconcile compares what the keeper knows with the provider and with Temporal.
func (k *keeper) reconcile(ctx workflow.Context, in wire.ReconcileInput) bool {
	k.looking = true
	ours, refused := k.state.Ours(), k.state.Refused
	defer func() {
		k.looking, k.looked = false, workflow.Now(ctx)
		k.state.Looked(refused)
	}()
	in.Account, in.Orphans = k.account, k.state.Orphans
	for _, h := range k.state.Silent(workflow.Now(ctx).Add(-unheard), mostRuns) {
		in.Runs = append(in.Runs, wire.Run{WorkflowID: h.Report.WorkflowID, RunID: h.Report.RunID})
	}
	var got wire.Reconciled
	err := workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:              k.queue,
		StartToCloseTimeout:    reconcileTimeout,
		ScheduleToCloseTimeout: 2 * reconcileTimeout,
	}), wire.ReconcileName, in).Get(ctx, &got)
	if err != nil {
		workflow.GetLogger(ctx).Warn("the limits could not be compared with the provider", "account", k.account, "error", err)
		return false
	}
	if in.Recover && got.State != nil {
		k.state = got.State
		k.state.Recovered()
	}
	for _, grave := range got.Graves {
		k.state.Bury(workflow.Now(ctx), grave)
	}
	k.state.Buried(got.Ended)
	if got.Running != nil && len(got.Graves) == 0 {
		k.state.Seen(*got.Running, max(ours, k.state.Ours()))
	}
	k.pause = min(2*k.pause, rarely)
	if k.doubts = k.state.Doubts() - (k.state.Refused - refused); k.doubts > 0 {
		k.pause = min(k.pause, normal)
	}
	k.configure(got)
	return true
}

// configure takes the limits that a worker has, unless another has told others that was started
// later. Once workers have others than before, those that a person has set no longer hold.
func (k *keeper) configure(got wire.Reconciled) {
	if got.Configured != nil && !got.Started.Before(k.state.Since) {
		k.state.Since = got.Started
		if was := k.state.Configured; was == nil || *was != *got.Configured {
			k.state.Configured = got.Configured
			if set := k.state.Set; set != nil && !set.Paused {
				k.state.Set = nil // but only a person ends a pause
			}
		}
	}
	k.apply()
}

// apply puts the limits that hold into effect.
func (k *keeper) apply() {
	limits := k.state.Configured
	if k.state.Set != nil {
		limits = k.state.Set
	}
	if limits == nil {
		limits = &wire.Limits{}
	}
	k.state.Limits, k.state.Learns = limits.Quota(), false
	if limits.Auto {
		k.state.Learn()
	}
}

// answer registers the query and the update. What a person sets waits until the keeper knows the
// limits that it replaces.
func (k *keeper) answer(ctx workflow.Context) error {
	err := workflow.SetQueryHandlerWithOptions(ctx, wire.LimitsQuery, func() (wire.KeeperState, error) { return *k.state, nil },
		workflow.QueryHandlerOptions{Description: "the limits of the account, and who holds which part of them"})
	if err != nil {
		return err
	}
	return workflow.SetUpdateHandlerWithOptions(ctx, wire.SetLimitsUpdate, func(ctx workflow.Context, set *wire.Limits) error {
		if err := workflow.Await(ctx, func() bool { return k.begun }); err != nil {
			return err
		}
		k.state.Set = set
		k.apply()
		k.look()
		return nil
	}, workflow.UpdateHandlerOptions{
		Description: "sets other limits than the workers are given; without an argument, returns to those",
		Validator:   func(set *wire.Limits) error { return set.Validate() },
	})
}
