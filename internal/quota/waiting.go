package quota

import (
	"fmt"
	"time"
)

// Waits is how [Tenant.Waiting] begins.
const Waits = "waits for a slot"

// Waiting says why a submit waits, by its place in the run's queue, from 0.
func (t *Tenant) Waiting(place int) string {
	if place < 0 || place >= len(t.queue) {
		return Waits
	}
	line, wait := t.line(place)
	switch {
	case t.granted.Paused:
		return Waits + "; the account is paused"
	case line == 0:
		return Waits
	case wait == 0:
		return fmt.Sprintf("%s, number %d in line", Waits, line)
	default:
		return fmt.Sprintf("%s, number %d in line, for about %s", Waits, line, Roughly(wait))
	}
}

// line is how many submits come first, with this one, and how long that takes; 0 if not known.
// The keeper tells a run without slots. One that has some knows what it can do with them.
func (t *Tenant) line(place int) (line int, wait time.Duration) {
	switch {
	case t.granted.Line > 0:
		line = t.granted.Line + place
		return line, time.Duration(line) * (t.granted.Wait / time.Duration(t.granted.Line))
	case t.granted.Slots == 0:
		return 0, 0
	default:
		return place + 1, time.Duration(place+1) * t.pace(t.queue[place].kind)
	}
}

// pace is the average time between two submits of a kind; 0 if not known.
func (t *Tenant) pace(kind Kind) (pace time.Duration) {
	if t.granted.Slots != NoLimit && t.report.Ended > 0 {
		pace = t.report.Took / time.Duration(t.report.Ended*t.granted.Slots)
	}
	for _, p := range Minutely {
		limit, limited := t.granted.Starts[p]
		switch {
		case !limited || !kind.In(p):
		case limit == 0:
			return 0 // until the keeper gives some
		default:
			pace = max(pace, time.Minute/time.Duration(limit))
		}
	}
	return pace
}

// Roughly is a duration as people say it.
func Roughly(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", max(int(d.Seconds()), 1))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Round(time.Minute).Minutes()))
	default:
		return fmt.Sprintf("%d h", int(d.Round(time.Hour).Hours()))
	}
}
