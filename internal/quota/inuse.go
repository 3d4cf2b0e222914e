package quota

import "time"

// A run reports when it wants more or has too much, not each submit. So what it may do with its
// lease counts as done in what people see.

// InLine is how many submits wait at the account, as far as runs have told and may.
func (k *Keeper) InLine(now time.Time) int {
	n := 0
	for _, h := range k.Holders {
		n += h.Waiting(now)
	}
	return n
}

// InUse is how much of a pool is used by this namespace, as far as runs have told and may.
func (k *Keeper) InUse(p Pool, now time.Time) int {
	n := k.Granted(p, now)
	if p == Running {
		return n + k.Others() - k.Foreign
	}
	for _, c := range k.Cooling {
		n += c.Recent.Count(p, now)
	}
	return n
}

// Granted is how much of a pool runs use that have reported and not ended.
func (k *Keeper) Granted(p Pool, now time.Time) int {
	n := 0
	for _, h := range k.Holders {
		if p == Running {
			n += h.Running(now)
			continue
		}
		started := h.Report.started(p, now)
		if leased, limited := h.Lease.Starts[p]; limited {
			started = max(started, min(leased, started+h.Report.waitingIn(p)))
		}
		n += started
	}
	return n
}

// Running is how many predictions of the run are at the provider, as far as it has told and may.
func (h *Holder) Running(now time.Time) int {
	return h.Report.Running + h.Report.InLine() - h.Waiting(now)
}

// Waiting is how many of its submits wait, as far as it has told and may.
func (h *Holder) Waiting(now time.Time) int {
	waiting := h.blockedBy(h.Lease, now)
	for _, l := range h.Sent {
		waiting = min(waiting, h.blockedBy(l, now))
	}
	return waiting
}
