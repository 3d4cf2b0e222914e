package simulation

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/limits"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/simulation/provider"
)

// Counters of the seeds to which checks applied.
const (
	slotsChecked     = "seeds checked for lost slots"
	overshootChecked = "seeds checked for overshoot"
)

const (
	// lateID is a workflow that asks for one more than the limit when all others have ended. The
	// keeper looks for what it has lost while a submit waits.
	lateID = "late"

	// healed is by when it must have found all of that.
	healed = 2 * time.Hour

	// latePoll is rare, since the late predictions may run for hours.
	latePoll = 5 * time.Minute

	// quiet is by when the keeper knows that the late workflow has ended.
	quiet = 10 * time.Minute
)

// checkLimits checks what the account's limits promise, if they are kept.
func (w *world) checkLimits() {
	if w.limits == nil || len(w.findings) > 0 {
		return
	}
	if running := w.limits[generation.DefaultAccount].Running; running > 0 && len(w.server.Runs(wire.KeeperID(generation.DefaultAccount))) > 0 {
		w.checkSlots(running)
	}
	w.checkOvershoot()
}

// checkSlots checks that the keeper has lost no slot, once nothing goes wrong any more: a late
// workflow gets all, and when it has ended, too, nothing is in use.
func (w *world) checkSlots(slots int) {
	w.Note("nothing goes wrong any more")
	w.weather, w.calm = weather{}, true
	if w.runFor(horizon, w.idle); !w.idle() {
		w.find("a workflow that nobody waited for has not ended")
		return
	}
	w.holds = true
	late := w.askLate(slots + 1)
	hasAll := func(usage limits.Usage) bool {
		return len(usage.Runs) == 1 && usage.Runs[0].WorkflowID == lateID && usage.Runs[0].Running == slots && usage.Running == slots
	}
	if usage, ok := w.await(healed, hasAll); !ok {
		w.find("after %v, a late workflow has not got %d slots: %s", healed, slots, shown(usage))
	}
	w.release()
	w.runFor(healed, func() bool { return w.over(late) })
	if !w.over(late) {
		w.find("the late workflow has not ended after %v", healed)
		return
	}
	unused := func(usage limits.Usage) bool { return len(usage.Runs) == 0 && usage.Running == 0 && usage.Waiting == 0 }
	if usage, ok := w.await(quiet, unused); !ok {
		w.find("all has ended, and the keeper counts on: %s", shown(usage))
	}
	w.counts[slotsChecked]++
}

// idle tells whether all workflows have ended but the keeper.
func (w *world) idle() bool {
	return !slices.ContainsFunc(w.server.WorkflowIDs(), func(id string) bool {
		runs := w.server.Runs(id)
		return id != wire.KeeperID(generation.DefaultAccount) && runs[len(runs)-1].Running()
	})
}

// askLate starts the late workflow.
func (w *world) askLate(n int) *job {
	j := &job{id: lateID, workflow: severalName, pending: 1}
	timing := w.timing
	timing.Poll = latePoll
	for i := range n {
		j.requests = append(j.requests, generation.Request{
			Key: fmt.Sprintf("late%d", i), Model: modelA, Input: json.RawMessage(fmt.Sprintf(`{"prompt":"late %d"}`, i)),
			Timing: timing, Timeout: 3 * healed,
		})
	}
	w.After(0, func() { w.start(j, nil, "") })
	return j
}

// takes is how long a prediction runs. The late ones hold their slots at first.
func (w *world) takes(e *provider.Entry) time.Duration {
	if w.holds && isLate(e) {
		return 3 * healed
	}
	return w.between(100*time.Millisecond, 3*time.Minute)
}

func isLate(e *provider.Entry) bool {
	o, ours := e.Owner.(owner)
	return ours && o.Workflow == lateID
}

// release ends the late predictions.
func (w *world) release() {
	w.holds = false
	for _, e := range w.provider.Ledger {
		if isLate(e) && !e.Ended() {
			w.provider.Cut(e)
		}
	}
}

// await asks the keeper until it says so, less and less often.
func (w *world) await(within time.Duration, so func(limits.Usage) bool) (usage limits.Usage, ok bool) {
	until := time.Now().Add(within)
	for wait := 30 * time.Second; ; wait *= 2 {
		wait = min(wait, time.Until(until))
		w.runFor(wait, func() bool { return false })
		if usage = w.usage(); so(usage) || !time.Now().Before(until) {
			return usage, so(usage)
		}
	}
}

// runFor lets things happen for so long, or until over.
func (w *world) runFor(d time.Duration, over func() bool) {
	ended := false
	w.After(d, func() { ended = true })
	w.run(func() bool { return ended || over() })
}

// usage is what people see of the account.
func (w *world) usage() (usage limits.Usage) {
	answered := false
	go func() {
		for {
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
			shown, err := limits.Show(ctx, w.operator.client, "")
			cancel()
			step := &call{key: "usage", take: func(c *call) {
				usage, answered = shown, err == nil
				w.answer(c, nil)
			}}
			if w.enter(context.Background(), step) != nil || err == nil || w.overDuring(5*time.Second) {
				return
			}
		}
	}()
	w.runFor(time.Hour, func() bool { return answered })
	if !answered {
		w.find("the keeper has not answered within an hour")
	}
	return usage
}

func shown(usage limits.Usage) string {
	return fmt.Sprintf("%d running, %d of others, %d waiting, runs %+v", usage.Running, usage.Others, usage.Waiting, usage.Runs)
}
