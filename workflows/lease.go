package workflows

import (
	"cmp"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/kernel"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/quota"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// lease connects a run with the keeper of an account's limits.
type lease struct {
	account    string
	activities string // the task queue of the workers that have them; "" for the run's own
	tenant     *quota.Tenant
	poke       workflow.Channel
	alarm      *alarm
	sent       workflow.Future // the latest report
	starting   bool            // the keeper
	waiting    []*slot         // in their order
	heard      bool            // the keeper has granted something since the details were updated
	board      *board
}

// alarm is the lease's one timer.
type alarm struct {
	at     time.Time
	future workflow.Future
	cancel workflow.CancelFunc
}

// slot is one submit's place in the account's limits.
type slot struct {
	*quota.Ticket
	lease *lease
	place int // in the run's queue, from 0; -1 once it waits no longer
}

// leaseOf returns the run's lease of the account.
func (b *board) leaseOf(ctx workflow.Context, account, activities string) *lease {
	for _, l := range b.leases {
		if l.account == account {
			return l
		}
	}
	l := &lease{account: account, activities: activities, board: b, tenant: quota.NewTenant(workflow.Now(ctx), introduced(ctx)), poke: workflow.NewBufferedChannel(ctx, 1)}
	b.leases = append(b.leases, l)
	keep, _ := workflow.NewDisconnectedContext(ctx)
	workflow.GoNamed(keep, "limits of account "+account, l.keep)
	return l
}

// introduced says who the run is. Children of a run take turns as one with it, as do the runs
// with one fairness key.
func introduced(ctx workflow.Context) quota.Report {
	info := workflow.GetInfo(ctx)
	root := info.WorkflowExecution.ID
	if info.RootWorkflowExecution != nil {
		root = info.RootWorkflowExecution.ID
	}
	r := quota.Report{
		WorkflowID: info.WorkflowExecution.ID, RunID: info.WorkflowExecution.RunID,
		Group: root, Root: root, Priority: info.Priority.PriorityKey, Weight: float64(info.Priority.FairnessWeight),
	}
	if key := info.Priority.FairnessKey; key != "" {
		r.Group = "key " + key
	}
	return r
}

// join puts a submit at the end of the queue.
func (l *lease) join(kind quota.Kind) *slot {
	s := &slot{Ticket: l.tenant.Queue(kind), lease: l, place: len(l.waiting)}
	l.waiting = append(l.waiting, s)
	l.wake()
	return s
}

// lineAhead is how many submits of a run wait in person; others are counted.
const lineAhead = 4

func (b *board) Line(ctx workflow.Context, account, model string) kernel.Gate {
	account = cmp.Or(account, generation.DefaultAccount)
	kind, limited := b.limited(ctx, account, model)
	if !limited {
		return nil
	}
	l := b.leaseOf(ctx, account, "")
	crowd := l.tenant.Crowd(kind)
	return func(ctx workflow.Context, more func() int, stop func() bool) {
		_ = workflow.Await(ctx, func() bool {
			switch before := crowd.N; {
			case stop() || b.Paused(): // a paused run wants no slot
				crowd.N = 0
			default:
				if crowd.N = more(); crowd.N > before {
					l.wake()
				}
			}
			return stop() || !b.Paused() && l.inPerson() < lineAhead
		})
	}
}

// inPerson counts the submits that wait.
func (l *lease) inPerson() (n int) {
	for _, s := range l.waiting {
		if !s.Ready && s.place >= 0 {
			n++
		}
	}
	return n
}

// take waits for the slot, unless stop says that nobody wants it any more. It reports whether it
// is there. It returns an error only if ctx is canceled.
func (s *slot) take(ctx workflow.Context, stop func() bool) (taken bool, err error) {
	err = workflow.Await(ctx, func() bool { return s.Ready || stop() })
	if err != nil || !s.Ready {
		s.Unused()
		s.place = -1
		s.lease.wake()
		return false, err
	}
	return true, nil
}

// why says why a submit waits; "" if it doesn't.
func (s *slot) why() string {
	if s.place < 0 {
		return ""
	}
	return s.lease.tenant.Waiting(s.place)
}

// wake has the lease look at what has changed.
func (l *lease) wake() { l.poke.SendAsync(true) }

// keep serves the queue, tells the keeper what it must know, and takes what it grants.
func (l *lease) keep(ctx workflow.Context) {
	channel := workflow.GetSignalChannel(ctx, wire.LeaseSignal(l.account))
	for {
		l.step(ctx)
		selector := workflow.NewSelector(ctx)
		selector.AddReceive(channel, func(workflow.ReceiveChannel, bool) { l.receive(ctx, channel) })
		selector.AddReceive(l.poke, func(c workflow.ReceiveChannel, _ bool) { c.ReceiveAsync(nil) })
		if set := l.alarm; set != nil {
			selector.AddFuture(set.future, func(workflow.Future) { l.ring(ctx, set) })
		}
		selector.Select(ctx)
	}
}

func (l *lease) step(ctx workflow.Context) {
	now := workflow.Now(ctx)
	l.tenant.Serve(now)
	l.number()
	if l.heard {
		l.heard = false
		l.board.UpdateDetails(ctx)
	}
	if report, changed := l.tenant.Report(now); changed {
		l.send(ctx, report, true)
	}
	l.setAlarm(ctx, now)
}

// send sends a report. If nobody keeps the account's limits, it starts the keeper.
func (l *lease) send(ctx workflow.Context, report quota.Report, first bool) {
	sent := workflow.SignalExternalWorkflow(ctx, wire.KeeperID(l.account), "", wire.ReportSignal, report)
	l.sent = sent
	workflow.Go(ctx, func(ctx workflow.Context) {
		switch {
		case sent.Get(ctx, nil) == nil || report.Gone:
		case first && l.startKeeper(ctx):
			l.send(ctx, report, false)
		default:
			l.tenant.GoOn(workflow.Now(ctx))
			l.wake()
		}
	})
}

func (l *lease) queue(ctx workflow.Context) string {
	return cmp.Or(l.activities, workflow.GetInfo(ctx).TaskQueueName)
}

// startKeeper starts the keeper, once for all reports that find none.
func (l *lease) startKeeper(ctx workflow.Context) bool {
	if l.starting {
		_ = workflow.Await(ctx, func() bool { return !l.starting })
		return true
	}
	l.starting = true
	defer func() { l.starting = false }()
	started := workflow.ExecuteChildWorkflow(workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            wire.KeeperID(l.account),
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_ABANDON,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		StaticSummary:         "the limits of account " + l.account,
		// It serves all runs, so it takes nothing over from the one that starts it.
		Priority:           temporal.Priority{PriorityKey: 1, FairnessKey: wire.KeeperName, FairnessWeight: 1},
		VersioningOverride: &client.AutoUpgradeVersioningOverride{},
	}), wire.KeeperName, wire.KeeperInput{Account: l.account, TaskQueue: l.queue(ctx)})
	err := started.GetChildWorkflowExecution().Get(ctx, nil)
	return err == nil || temporal.IsWorkflowExecutionAlreadyStartedError(err)
}

// receive takes what the keeper grants.
func (l *lease) receive(ctx workflow.Context, channel workflow.ReceiveChannel) {
	var granted quota.Lease
	for channel.ReceiveAsync(&granted) {
		l.heard = l.tenant.Grant(workflow.Now(ctx), granted) || l.heard
		granted = quota.Lease{}
	}
}

// number numbers those that wait.
func (l *lease) number() {
	waiting := l.waiting[:0]
	for _, s := range l.waiting {
		if s.Ready || s.place < 0 {
			s.place = -1
			continue
		}
		s.place = len(waiting)
		waiting = append(waiting, s)
	}
	clear(l.waiting[len(waiting):])
	l.waiting = waiting
}

// setAlarm sets the one timer, unless it is set already and fires early enough.
func (l *lease) setAlarm(ctx workflow.Context, now time.Time) {
	at := l.tenant.Due(now)
	if at.IsZero() || l.alarm != nil && !l.alarm.at.After(at) {
		return
	}
	if l.alarm != nil {
		l.alarm.cancel()
	}
	timerCtx, cancel := workflow.WithCancel(ctx)
	l.alarm = &alarm{at: at, cancel: cancel, future: workflow.NewTimerWithOptions(timerCtx, max(at.Sub(now), time.Millisecond),
		workflow.TimerOptions{Summary: "limits of account " + l.account})}
}

func (l *lease) ring(ctx workflow.Context, set *alarm) {
	if l.alarm == set {
		l.alarm = nil
		l.tenant.Ring(workflow.Now(ctx))
	}
}

// spareAlarm hands over the timer if the lease needs it no longer, and it fires by then.
func (l *lease) spareAlarm(now, by time.Time) *alarm {
	if l.alarm == nil || !l.tenant.Due(now).IsZero() || l.alarm.at.After(by) {
		return nil
	}
	spare := l.alarm
	l.alarm = nil
	return spare
}

// close tells the keeper that the run ends, and waits until that is sent.
func (l *lease) close(ctx workflow.Context) {
	l.tenant.Leave()
	if report, changed := l.tenant.Report(workflow.Now(ctx)); changed {
		l.send(ctx, report, true)
	}
	if l.sent != nil {
		_ = l.sent.Get(ctx, nil)
	}
}
