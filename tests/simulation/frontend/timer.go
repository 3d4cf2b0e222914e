package frontend

import (
	"fmt"
	"slices"

	commandpb "go.temporal.io/api/command/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
)

// timer is one that runs.
type timer struct{ started int64 }

func (r *Run) startTimer(c *commandpb.Command, completed int64) {
	a := c.GetStartTimerCommandAttributes()
	e := r.addCommand(enumspb.EVENT_TYPE_TIMER_STARTED, c, &historypb.HistoryEvent_TimerStartedEventAttributes{TimerStartedEventAttributes: &historypb.TimerStartedEventAttributes{
		TimerId: a.GetTimerId(), StartToFireTimeout: a.GetStartToFireTimeout(), WorkflowTaskCompletedEventId: completed,
	}})
	r.runTimer(a.GetTimerId(), e)
}

// runTimer has the timer fire when its time is up, counted from its event.
func (r *Run) runTimer(id string, e *historypb.HistoryEvent) {
	t := &timer{started: e.GetEventId()}
	r.timers[id] = t
	due := e.GetEventTime().AsTime().Add(e.GetTimerStartedEventAttributes().GetStartToFireTimeout().AsDuration())
	r.server.host.After(until(due), func() {
		if !r.Running() || r.timers[id] != t {
			return
		}
		delete(r.timers, id)
		r.server.host.Note("timer %s of %s/%s fires", id, r.WorkflowID, short(r.RunID))
		r.happenTimer(id, func() {
			r.add(enumspb.EVENT_TYPE_TIMER_FIRED, func(e *historypb.HistoryEvent) {
				e.Attributes = &historypb.HistoryEvent_TimerFiredEventAttributes{TimerFiredEventAttributes: &historypb.TimerFiredEventAttributes{TimerId: id, StartedEventId: t.started}}
			})
		})
	})
}

func (r *Run) cancelTimer(id string, completed int64) error {
	t, runs := r.timers[id]
	if !runs {
		i := slices.IndexFunc(r.buffered, func(b buffered) bool { return b.timer == id })
		if i < 0 {
			return fmt.Errorf("timer %s is canceled but does not run", id)
		}
		r.buffered = slices.Delete(r.buffered, i, i+1)
		t = &timer{started: r.timerStarted(id)}
	}
	delete(r.timers, id)
	r.add(enumspb.EVENT_TYPE_TIMER_CANCELED, func(e *historypb.HistoryEvent) {
		e.Attributes = &historypb.HistoryEvent_TimerCanceledEventAttributes{TimerCanceledEventAttributes: &historypb.TimerCanceledEventAttributes{TimerId: id, StartedEventId: t.started, WorkflowTaskCompletedEventId: completed}}
	})
	return nil
}

func (r *Run) timerStarted(id string) int64 {
	for _, e := range r.History {
		if e.GetTimerStartedEventAttributes().GetTimerId() == id {
			return e.GetEventId()
		}
	}
	return 0
}
