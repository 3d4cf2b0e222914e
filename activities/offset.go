package activities

import (
	"sync"
	"time"
)

const (
	// learnedFor is how long knowledge about the provider stays valid.
	learnedFor = time.Hour

	// drift is how far two clocks may diverge in that time, plus the precision with which they
	// are set.
	drift = 2 * time.Second

	// rounding is how much a provider may truncate its times.
	rounding = time.Second
)

// offset is how far the provider's clock is ahead of this process's. It is learned only from
// our own accepted submits: each was created after it was sent and before its response arrived.
type offset struct {
	now    func() time.Time
	anchor time.Time // with which the two clocks of this machine are compared

	mu      sync.Mutex
	least   time.Duration
	most    time.Duration
	learned time.Time
	slept   time.Duration // how far the machine's clocks were apart then
	several time.Time     // when submits last told of more than one clock
}

// learn learns from a submit: when it was sent and answered, by this process's clock, and when
// its prediction was created, by the provider's.
func (o *offset) learn(sent, received, created time.Time) {
	if created.IsZero() {
		return
	}
	least, most := created.Sub(received.Round(0)), created.Add(rounding).Sub(sent.Round(0))
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fresh() {
		least, most = o.with(least, most, received)
	}
	o.least, o.most, o.learned, o.slept = least, most, received, o.apart()
}

// with narrows the offset using a submit. If submits contradict each other, servers with
// different clocks handled them, or the clock was set. For a while, the offset may then be any
// of theirs.
func (o *offset) with(least, most time.Duration, received time.Time) (time.Duration, time.Duration) {
	switch narrowest, widest := max(o.least, least), min(o.most, most); {
	case narrowest > widest:
		o.several = received
		return min(o.least, least), max(o.most, most)
	case !o.several.IsZero() && received.Sub(o.several) <= learnedFor:
		return o.least, o.most
	default:
		return narrowest, widest
	}
}

// bounds returns the limits of the offset; false if unknown.
func (o *offset) bounds() (least, most time.Duration, known bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.least - drift, o.most + drift, o.fresh()
}

// fresh reports whether the knowledge is still valid: for an hour, unless somebody has set the
// clock or the machine has slept.
func (o *offset) fresh() bool {
	if o.learned.IsZero() || o.now().Sub(o.learned) > learnedFor {
		return false
	}
	moved := o.apart() - o.slept
	return moved < drift && moved > -drift
}

// apart is the difference between the wall clock and the monotonic clock.
func (o *offset) apart() time.Duration {
	now := o.now()
	return now.Round(0).Sub(o.anchor.Round(0)) - now.Sub(o.anchor)
}
