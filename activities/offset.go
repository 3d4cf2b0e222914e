package activities

import (
	"sync"
	"time"
)

const (
	// learnedFor is how long what was learned of the provider counts.
	learnedFor = time.Hour

	// drift is how far apart two clocks may have gone in that time, and how exact they are
	// set back and forth.
	drift = 2 * time.Second

	// rounding is what a provider may cut off the times that it tells.
	rounding = time.Second
)

// offset is how far the provider's clock is ahead of this process's. It is learned only
// from submits of our own that were accepted: each was created after it was sent and
// before its answer came.
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

// learn takes in a submit: when it was sent and answered, by this process's clock, and when
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

// with narrows what is known by what a submit tells. Submits that contradict each other were
// taken by servers whose clocks differ, or the clock was set: then for a while it may be any
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

// bounds are what the offset is between; false if that is not known.
func (o *offset) bounds() (least, most time.Duration, known bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.least - drift, o.most + drift, o.fresh()
}

// fresh tells whether what was learned still counts: for an hour, and while nobody has set
// the clock and the machine has not slept.
func (o *offset) fresh() bool {
	if o.learned.IsZero() || o.now().Sub(o.learned) > learnedFor {
		return false
	}
	moved := o.apart() - o.slept
	return moved < drift && moved > -drift
}

// apart is how far the clock on the wall has left the monotonic one.
func (o *offset) apart() time.Duration {
	now := o.now()
	return now.Round(0).Sub(o.anchor.Round(0)) - now.Sub(o.anchor)
}
