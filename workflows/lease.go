package workflows

import (
	"fmt"
	"maps"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/quota"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

const (
	// silentAfter is how long a run without a slot hears nothing before it asks, answersWithin is
	// how long the keeper has to answer, and awayFor is how long the run then goes on without
	// limits before it asks again.
	silentAfter   = time.Minute
	answersWithin = 20 * time.Second
	awayFor       = 5 * time.Minute
)

// lease is a run's part in the limits of an account. The keeper grants it, and the run's
// submits use it in their order.
type lease struct {
	account string
	granted quota.Lease
	report  quota.Report // the next one, but for what is counted when it is sent
	told    quota.Report // the latest that was sent
	arrived int          // the number of the report with which the keeper got to know the run

	queue   []*ticket
	holders []*ticket
	posting map[quota.Kind]int // submits without an answer yet
	turn    int                // submits since the lease
	pulse   int                // accepted submits since the latest report
	held    int                // slots that the keeper believes the run to hold
	less    bool               // the run has not confirmed yet that it has less

	heard time.Time // when the keeper was last heard, or asked
	ask   bool      // the keeper owes an answer
	away  time.Time // until when the run goes on without the keeper

	poke  workflow.Channel
	alarm *alarm
	sent  workflow.Future // the latest report
}

// alarm is the lease's one timer.
type alarm struct {
	at     time.Time
	future workflow.Future
	cancel workflow.CancelFunc
}

// leaseOf returns the run's lease of the account.
func (b *board) leaseOf(ctx workflow.Context, account string) *lease {
	for _, l := range b.leases {
		if l.account == account {
			return l
		}
	}
	l := &lease{
		account: account, report: introduced(ctx), arrived: 1, heard: workflow.Now(ctx),
		posting: make(map[quota.Kind]int), poke: workflow.NewBufferedChannel(ctx, 1),
	}
	b.leases = append(b.leases, l)
	keep, _ := workflow.NewDisconnectedContext(ctx)
	workflow.GoNamed(keep, "limits of account "+account, l.keep)
	return l
}

// introduced is a report without numbers. Children of a run take turns as one with it, as do the
// runs with one fairness key.
func introduced(ctx workflow.Context) quota.Report {
	info := workflow.GetInfo(ctx)
	r := quota.Report{
		WorkflowID: info.WorkflowExecution.ID, RunID: info.WorkflowExecution.RunID,
		Group: info.WorkflowExecution.ID, Priority: info.Priority.PriorityKey, Weight: float64(info.Priority.FairnessWeight),
	}
	if info.RootWorkflowExecution != nil {
		r.Group = info.RootWorkflowExecution.ID
	}
	if key := info.Priority.FairnessKey; key != "" {
		r.Group = "key " + key
	}
	return r
}

// wake has the lease look at what has changed.
func (l *lease) wake() { l.poke.SendAsync(true) }

// keep serves the queue, tells the keeper what it must know, and takes what it grants.
func (l *lease) keep(ctx workflow.Context) {
	channel := workflow.GetSignalChannel(ctx, wire.LeaseSignal(l.account))
	for {
		l.step(ctx)
		selector := workflow.NewSelector(ctx)
		selector.AddReceive(channel, func(c workflow.ReceiveChannel, _ bool) { l.receive(ctx, c) })
		selector.AddReceive(l.poke, func(c workflow.ReceiveChannel, _ bool) { c.ReceiveAsync(nil) })
		if l.alarm != nil {
			selector.AddFuture(l.alarm.future, func(workflow.Future) { l.ring(ctx) })
		}
		selector.Select(ctx)
	}
}

func (l *lease) step(ctx workflow.Context) {
	now := workflow.Now(ctx)
	l.report.Recent.Forget(now)
	l.serve(now)
	if l.mustTell() {
		l.tell(ctx, now)
	}
	l.setAlarm(ctx, now)
}

// serve gives slots to those who wait, as far as the lease allows.
func (l *lease) serve(now time.Time) {
	l.queue = slices.DeleteFunc(l.queue, func(t *ticket) bool {
		if !l.allows(t.kind, now) {
			return false
		}
		t.ready, t.began = true, now
		if t.ungated = l.isAway(now); t.ungated {
			l.report.Ungated++
		}
		l.holders = append(l.holders, t)
		l.posting[t.kind]++
		l.turn++
		return true
	})
}

func (l *lease) isAway(now time.Time) bool { return now.Before(l.away) }

func (l *lease) allows(kind quota.Kind, now time.Time) bool {
	switch {
	case l.isAway(now):
		return true
	case l.granted.Seq == 0, l.turnOver():
		return false
	case l.granted.Slots != quota.NoLimit && len(l.holders) >= l.granted.Slots:
		return false
	default:
		return l.mayStart(kind, now)
	}
}

func (l *lease) turnOver() bool { return l.granted.Turn > 0 && l.turn >= l.granted.Turn }

// mayStart tells whether the minute has room for another submit.
func (l *lease) mayStart(kind quota.Kind, now time.Time) bool {
	for _, pool := range quota.Minutely {
		if limit, limited := l.granted.Starts[pool]; limited && kind.In(pool) && l.startedIn(pool, now) >= limit {
			return false
		}
	}
	return true
}

func (l *lease) startedIn(pool quota.Pool, now time.Time) int {
	n := l.report.Recent.Count(pool, now)
	for _, kind := range quota.Kinds {
		if kind.In(pool) {
			n += l.posting[kind]
		}
	}
	return n
}

// keeps is how many slots the run still has a use for.
func (l *lease) keeps() int {
	switch {
	case l.granted.Slots == quota.NoLimit && !l.idle():
		return quota.NoLimit
	case l.turnOver(), l.idle(), len(l.queue) == 0 && l.granted.Spare > 0:
		return min(len(l.holders), max(l.granted.Slots, 0))
	default:
		return max(l.granted.Slots, 0)
	}
}

func (l *lease) idle() bool { return len(l.holders) == 0 && len(l.queue) == 0 }

// mustTell reports whether the keeper must know what has changed.
func (l *lease) mustTell() bool {
	back := l.held - max(l.keeps(), len(l.holders))
	switch {
	case len(l.queue) > 0 && len(l.holders)+len(l.queue) > l.told.Running+l.told.InLine():
		return true // it knows of fewer
	case l.idle():
		return l.report.Seq >= l.arrived
	case l.less && len(l.holders) <= max(l.granted.Slots, 0), back >= max(l.granted.Spare, 1):
		return l.granted.Spare > 0 || l.less || l.turnOver()
	default:
		return l.granted.Pulse > 0 && l.pulse >= l.granted.Pulse || l.report.Refused > l.told.Refused || len(l.report.Abandoned) > 0
	}
}

// tell sends a report.
func (l *lease) tell(ctx workflow.Context, now time.Time) {
	l.report.Seq++
	l.report.Since = l.arrived
	l.report.Seen, l.report.Slots = l.granted.Seq, l.keeps()
	l.report.Running, l.report.Waiting = len(l.holders), nil
	for _, t := range l.queue {
		if l.report.Waiting == nil {
			l.report.Waiting = make(map[quota.Kind]int)
		}
		l.report.Waiting[t.kind]++
	}
	l.report.Ask, l.report.Gone = l.ask, l.idle()
	report := l.report
	report.Recent, report.Waiting = slices.Clone(report.Recent), maps.Clone(report.Waiting)
	l.told, l.report.Abandoned = report, nil
	l.pulse, l.less, l.heard = 0, false, now
	l.granted.Slots = report.Slots
	l.held = max(report.Slots, report.Running)
	if report.Gone {
		l.granted, l.held, l.arrived = quota.Lease{}, 0, report.Seq+1
	}
	l.send(ctx, report, true)
}

// send sends a report. If nobody keeps the account's limits, it starts the keeper.
func (l *lease) send(ctx workflow.Context, report quota.Report, first bool) {
	sent := workflow.SignalExternalWorkflow(ctx, wire.KeeperID(l.account), "", wire.ReportSignal, report)
	l.sent = sent
	workflow.Go(ctx, func(ctx workflow.Context) {
		switch {
		case sent.Get(ctx, nil) == nil:
		case report.Gone:
		case first && l.startKeeper(ctx):
			l.send(ctx, report, false)
		default:
			l.goOn(ctx)
		}
	})
}

func (l *lease) startKeeper(ctx workflow.Context) bool {
	started := workflow.ExecuteChildWorkflow(workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            wire.KeeperID(l.account),
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_ABANDON,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		StaticSummary:         "the limits of account " + l.account,
	}), wire.KeeperName, wire.KeeperInput{Account: l.account})
	err := started.GetChildWorkflowExecution().Get(ctx, nil)
	return err == nil || temporal.IsWorkflowExecutionAlreadyStartedError(err)
}

// goOn has the run make its submits as if there were no limits, for a while.
func (l *lease) goOn(ctx workflow.Context) {
	l.ask, l.away = false, workflow.Now(ctx).Add(awayFor)
	l.wake()
}

// receive takes what the keeper grants.
func (l *lease) receive(ctx workflow.Context, channel workflow.ReceiveChannel) {
	var granted quota.Lease
	for channel.ReceiveAsync(&granted) {
		l.get(workflow.Now(ctx), granted)
		granted = quota.Lease{}
	}
}

func (l *lease) get(now time.Time, granted quota.Lease) {
	if granted.For < l.arrived || granted.For == l.granted.For && granted.Seq <= l.granted.Seq {
		return // it was for what the run has returned, or is late
	}
	l.less = l.less || fewer(granted, l.granted)
	l.granted, l.turn = granted, 0
	l.held = max(l.held, granted.Slots)
	l.heard, l.ask, l.away = now, false, time.Time{}
	for i, t := range l.queue {
		t.show(l.waiting(i))
	}
}

func fewer(next, was quota.Lease) bool {
	if next.Slots != quota.NoLimit && (was.Slots == quota.NoLimit || next.Slots < was.Slots) {
		return true
	}
	for _, pool := range quota.Minutely {
		n, limited := next.Starts[pool]
		if m, before := was.Starts[pool]; limited && (before && n < m || !before && was.Slots != 0) {
			return true
		}
	}
	return false
}

// waiting says why the submit at a place in the queue waits.
func (l *lease) waiting(place int) string {
	text := "waits for a slot of account " + l.account
	if l.granted.Line == 0 {
		return text
	}
	text += fmt.Sprintf(", number %d in line", l.granted.Line+place)
	if l.granted.Wait > 0 {
		text += ", for about " + roughly(l.granted.Wait+time.Duration(place)*(l.granted.Wait/time.Duration(l.granted.Line)))
	}
	return text
}

func roughly(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%d s", max(int(d.Seconds()), 1))
	}
	return fmt.Sprintf("%d min", int(d.Round(time.Minute).Minutes()))
}

// setAlarm sets the one timer, unless one that is set already rings early enough.
func (l *lease) setAlarm(ctx workflow.Context, now time.Time) {
	at := l.due(now)
	switch {
	case at.IsZero() && l.alarm != nil:
		l.alarm.cancel()
		l.alarm = nil
		return
	case at.IsZero() || l.alarm != nil && !l.alarm.at.After(at):
		return
	case l.alarm != nil:
		l.alarm.cancel()
	}
	timerCtx, cancel := workflow.WithCancel(ctx)
	l.alarm = &alarm{at: at, cancel: cancel, future: workflow.NewTimerWithOptions(timerCtx, max(at.Sub(now), time.Millisecond),
		workflow.TimerOptions{Summary: "limits of account " + l.account})}
}

// due is when the lease must look again though nothing happens; zero if never.
func (l *lease) due(now time.Time) time.Time {
	switch {
	case len(l.queue) == 0 || l.isAway(now):
		return time.Time{}
	case l.ask:
		return l.heard.Add(answersWithin)
	case l.granted.Slots == 0:
		return l.heard.Add(silentAfter)
	default:
		return l.nextStart(now)
	}
}

// nextStart is when the minute has room for the next submit, if that is all it waits for.
func (l *lease) nextStart(now time.Time) time.Time {
	if l.turnOver() || l.granted.Slots != quota.NoLimit && len(l.holders) >= l.granted.Slots {
		return time.Time{}
	}
	var first time.Time
	for _, pool := range quota.Minutely {
		at := l.report.Recent.Frees(pool, now)
		if _, limited := l.granted.Starts[pool]; limited && !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}

// ring is called when the timer fires.
func (l *lease) ring(ctx workflow.Context) {
	now := workflow.Now(ctx)
	l.alarm = nil
	if at := l.due(now); at.IsZero() || at.After(now) || l.granted.Slots != 0 {
		return
	}
	if l.ask {
		l.goOn(ctx)
		return
	}
	l.ask = true
	l.tell(ctx, now)
}

// close tells the keeper that the run ends, and waits until that is sent.
func (l *lease) close(ctx workflow.Context) {
	for _, t := range slices.Clone(l.holders) {
		t.abandoned()
	}
	l.queue = nil
	l.step(ctx)
	if l.sent != nil {
		_ = l.sent.Get(ctx, nil)
	}
}
