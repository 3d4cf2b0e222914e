package simulation

import (
	"cmp"
	"container/heap"
	"context"
	"fmt"
	"hash"
	"hash/fnv"
	"io"
	"slices"
	"sync"
	"testing/synctest"
	"time"
)

// driver decides when everything happens. Whatever leaves a process is a call that blocks until
// the driver handles it, and the driver acts only while all goroutines are blocked. So one
// thing happens at a time, in an order determined by the seed alone.
type driver struct {
	dice
	begun  time.Time
	events events
	drawn  int // numbers events, so that those of one instant keep their order
	digest hash.Hash64
	trace  io.Writer // nil for none
	steps  int

	mu       sync.Mutex
	arrivals []*call
	wake     chan struct{}
	closed   chan struct{}
}

func newDriver(seed uint64, trace io.Writer) *driver {
	return &driver{
		dice: newDice(seed, 0x5eed), begun: time.Now(), digest: fnv.New64a(), trace: trace,
		wake: make(chan struct{}, 1), closed: make(chan struct{}),
	}
}

// call is something that a goroutine of a process wants done outside of it.
type call struct {
	key  string      // orders those that arrive together
	take func(*call) // is run by the driver, and has answer called then or later
	hold bool        // the caller waits however short its patience is
	done chan struct{}

	// Guarded by the driver's mu.
	err      error
	answered bool
	gone     bool
}

// enter is called by a process. It returns once the driver has answered, or the caller's
// patience has ended, or the simulation has.
func (d *driver) enter(ctx context.Context, c *call) error {
	c.done = make(chan struct{})
	d.mu.Lock()
	d.arrivals = append(d.arrivals, c)
	d.mu.Unlock()
	select {
	case d.wake <- struct{}{}:
	default:
	}
	patience := ctx.Done()
	if c.hold {
		patience = nil
	}
	select {
	case <-c.done:
		return c.err
	case <-d.closed:
		return context.Canceled
	case <-patience:
		d.mu.Lock()
		defer d.mu.Unlock()
		if c.answered {
			return c.err
		}
		c.gone = true
		return ctx.Err()
	}
}

// overDuring waits, and tells whether the simulation ended meanwhile.
func (d *driver) overDuring(wait time.Duration) bool {
	select {
	case <-time.After(wait):
		return false
	case <-d.closed:
		return true
	}
}

// answer ends a call, if its caller still waits.
func (d *driver) answer(c *call, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c.gone || c.answered {
		return
	}
	c.err, c.answered = err, true
	close(c.done)
}

// left tells whether the caller has given up.
func (d *driver) left(c *call) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return c.gone
}

// event is what happens at a time.
type event struct {
	at    time.Time
	order int
	run   func()
}

type events []*event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return cmp.Or(e[i].at.Compare(e[j].at), cmp.Compare(e[i].order, e[j].order)) < 0
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(*event)) }
func (e *events) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

// After has f run once, later. A little chance keeps apart what would be at one instant.
func (d *driver) After(wait time.Duration, f func()) {
	d.drawn++
	wait += time.Duration(1 + d.IntN(999_999))
	heap.Push(&d.events, &event{at: time.Now().Add(wait), order: d.drawn, run: f})
}

// run lets things happen until over, or until nothing is left to happen.
func (d *driver) run(over func() bool) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		synctest.Wait()
		d.admit()
		if over() {
			return
		}
		wait := 24 * time.Hour
		if len(d.events) > 0 {
			wait = time.Until(d.events[0].at)
		}
		if wait <= 0 {
			d.steps++
			heap.Pop(&d.events).(*event).run()
			continue
		}
		timer.Reset(wait)
		select {
		case <-d.wake:
		case <-timer.C:
		}
	}
}

// admit takes the calls that have arrived, in an order that does not depend on which
// goroutine was first.
func (d *driver) admit() {
	d.mu.Lock()
	arrived := d.arrivals
	d.arrivals = nil
	d.mu.Unlock()
	slices.SortStableFunc(arrived, func(a, b *call) int { return cmp.Compare(a.key, b.key) })
	for _, c := range arrived {
		c.take(c)
	}
}

// Note adds a line to the trace.
func (d *driver) Note(format string, args ...any) {
	line := fmt.Sprintf("%14.6fs  ", time.Since(d.begun).Seconds()) + fmt.Sprintf(format, args...) + "\n"
	_, _ = io.WriteString(d.digest, line)
	if d.trace != nil {
		_, _ = io.WriteString(d.trace, line)
	}
}

// Choose draws one of n.
func (d *driver) Choose(n int) int { return d.IntN(n) }
