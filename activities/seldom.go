package activities

import (
	"sync"
	"time"
)

// seldom is when this process may do something again for an account.
type seldom struct {
	mu    sync.Mutex
	after map[string]time.Time
}

// due reports whether it may, and if so not again for a while.
func (s *seldom) due(account string, wait time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if now.Before(s.after[account]) {
		return false
	}
	s.set(account, now.Add(wait))
	return true
}

// put has it wait for as long from now on.
func (s *seldom) put(account string, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set(account, time.Now().Add(wait))
}

func (s *seldom) set(account string, after time.Time) {
	if s.after == nil {
		s.after = make(map[string]time.Time)
	}
	s.after[account] = after
}
