package quota

import (
	"slices"
	"time"
)

// Holder is a run that has reported.
type Holder struct {
	Report Report `json:"report"`
	Lease  Lease  `json:"lease"`

	// Sent are the leases that it may be using: the latest that it has seen and those sent since,
	// but for those that a later one contains.
	Sent []Lease `json:"sent,omitempty"`

	// Probe is set if it may have returned all that it had without the keeper's knowledge. It gets
	// a lease, and says so.
	Probe bool `json:"probe,omitempty"`

	// Gone is set if it can't be reached. Its slots are in use until it is known what it had.
	Gone bool `json:"gone,omitempty"`

	// Moved is set if it goes on in the place of a run that was reset, and has not reported yet.
	Moved bool `json:"moved,omitempty"`

	Arrived  int       `json:"arrived"`
	Answered int       `json:"answered,omitempty"` // the latest report that a lease followed
	Heard    time.Time `json:"heard"`
}

// wants is how many slots it could use.
func (h *Holder) wants() int {
	if h.Gone {
		return 0
	}
	return h.Report.Running + h.Report.InLine()
}

// confirm counts what the run no longer uses as free.
func (h *Holder) confirm() {
	seen := h.Report.Seen
	h.Lease.Seq = max(h.Lease.Seq, seen) // more than was sent, if the keeper was reset
	h.Sent = slices.DeleteFunc(h.Sent, func(l Lease) bool {
		return l.Seq < seen || l.Seq == seen && (h.Report.Slots == 0 || h.Report.Over)
	})
	for i := range h.Sent {
		if h.Sent[i].Seq == seen {
			h.Sent[i].Slots = h.Report.Slots // of which it makes its submits until it sees another
		}
	}
	if seen < h.Lease.Seq {
		return
	}
	h.Lease.Slots = h.Report.Slots
	if h.Lease.Slots == 0 || h.Report.Over {
		h.Lease.Starts = nil
	}
}

// send notes that the run gets a lease.
func (h *Holder) send(l Lease) {
	h.Lease = l
	h.Sent = slices.DeleteFunc(h.Sent, func(before Lease) bool { return l.contains(before) })
	h.Sent = append(h.Sent, l)
	h.Answered, h.Probe = h.Report.Seq, false
}

// contains reports whether a lease allows all that another one does.
func (l Lease) contains(other Lease) bool {
	if l.Slots != NoLimit && (other.Slots == NoLimit || other.Slots > l.Slots) {
		return false
	}
	for _, p := range Minutely {
		n, limited := l.Starts[p]
		m, before := other.Starts[p]
		if limited && (!before && other.Slots != 0 || m > n) {
			return false
		}
	}
	return true
}

// anyNumber is more slots than there are.
const anyNumber = 1 << 20

// held is how many slots the run may be using.
func (h *Holder) held() int {
	held := max(h.Report.Running, h.Report.Slots, h.Lease.Slots)
	unlimited := h.Report.Slots == NoLimit || h.Lease.Slots == NoLimit
	for _, l := range h.Sent {
		held = max(held, l.Slots)
		unlimited = unlimited || l.Slots == NoLimit
	}
	if unlimited {
		return anyNumber
	}
	return held
}

// heldStarts is how many submits of a pool it may make in any minute, or has made.
func (h *Holder) heldStarts(p Pool, now time.Time) int {
	held := max(h.Report.started(p, now), h.Lease.Starts[p])
	for _, l := range h.Sent {
		held = max(held, l.Starts[p])
	}
	return held
}

// blockedBy is how many of its waiting submits a lease does not allow, as far as it has told.
func (h *Holder) blockedBy(l Lease, now time.Time) int {
	waiting := h.Report.InLine()
	may := waiting
	if l.Slots != NoLimit {
		may = min(may, max(l.Slots-h.Report.Running, 0))
	}
	for _, p := range Minutely {
		if limit, limited := l.Starts[p]; limited {
			in := h.Report.waitingIn(p)
			may = min(may, waiting-in+min(in, max(limit-h.Report.started(p, now), 0)))
		}
	}
	return waiting - may
}

// differs tells whether a lease is worth a message.
func (h *Holder) differs(next Lease) bool {
	was := h.Lease
	switch {
	case h.Gone:
		return false
	case h.Probe, h.Report.Ask && h.Answered < h.Report.Seq, was.Slots != next.Slots, was.Paused != next.Paused:
		return true
	case next.Slots == 0:
		return h.Answered == 0 && next.Wait >= lineAfter
	case !sameStarts(was.Starts, next.Starts):
		return true
	default:
		return next.Spare > 0 && was.Spare == 0 || next.Turn > 0 && was.Turn == 0 || next.Pulse > 0 && was.Pulse == 0
	}
}

func sameStarts(a, b map[Pool]int) bool {
	for _, p := range Minutely {
		m, limited := a[p]
		n, limitedToo := b[p]
		if m != n || limited != limitedToo {
			return false
		}
	}
	return true
}
