// Package schedule runs functions later.
package schedule

import (
	"container/heap"
	"sync"
	"time"
)

// Schedule runs functions at their time, one after the other in one goroutine, so
// that ten thousand predictions need no timer each. The functions must not block.
type Schedule struct {
	mu     sync.Mutex
	queue  appointments
	serial uint64
	wake   chan struct{}
	done   chan struct{}
	ended  chan struct{}
}

type appointment struct {
	at     time.Time
	serial uint64 // keeps the order of what is due at the same time
	run    func()
}

// New starts one. Close ends it.
func New() *Schedule {
	s := &Schedule{wake: make(chan struct{}, 1), done: make(chan struct{}), ended: make(chan struct{})}
	go s.loop()
	return s
}

// After runs f when d has passed.
func (s *Schedule) After(d time.Duration, f func()) {
	s.mu.Lock()
	s.serial++
	heap.Push(&s.queue, appointment{at: time.Now().Add(d), serial: s.serial, run: f})
	first := s.queue[0].serial == s.serial
	s.mu.Unlock()
	if first {
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
}

// Close drops what is not due yet.
func (s *Schedule) Close() {
	close(s.done)
	<-s.ended
}

func (s *Schedule) loop() {
	defer close(s.ended)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		due, wait := s.take()
		if due != nil {
			due()
			continue
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-s.wake:
		case <-s.done:
			return
		}
	}
}

// take gives the first function that is due, or how long until one is.
func (s *Schedule) take() (func(), time.Duration) {
	select {
	case <-s.done:
		return nil, time.Hour
	default:
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 {
		return nil, time.Hour
	}
	if wait := time.Until(s.queue[0].at); wait > 0 {
		return nil, wait
	}
	return heap.Pop(&s.queue).(appointment).run, 0
}

type appointments []appointment

func (a appointments) Len() int { return len(a) }
func (a appointments) Less(i, j int) bool {
	if a[i].at.Equal(a[j].at) {
		return a[i].serial < a[j].serial
	}
	return a[i].at.Before(a[j].at)
}
func (a appointments) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a *appointments) Push(x any)   { *a = append(*a, x.(appointment)) }
func (a *appointments) Pop() any {
	old := *a
	last := old[len(old)-1]
	old[len(old)-1] = appointment{}
	*a = old[:len(old)-1]
	return last
}
