package wavespeedtest

import "time"

// birth is when something was made: on this machine's clock, which Age moves, and as
// the provider tells it.
type birth struct {
	at   time.Time
	aged time.Duration
	told time.Time
}

// born is called with the lock held.
func (s *Server) born() birth {
	now := time.Now()
	return birth{at: now, aged: s.aged, told: s.told(now)}
}

// told is a time of this machine as the provider tells it.
func (s *Server) told(at time.Time) time.Time {
	b := s.behavior.Load()
	return at.Add(b.ClockOffset).Truncate(b.ClockStep)
}

// now is the provider's time.
func (s *Server) now() time.Time { return s.told(time.Now()) }

// expired is called with the lock held.
func (s *Server) expired(b birth) bool {
	return time.Since(b.at)+s.aged-b.aged > s.behavior.Load().Retention
}

// Age makes everything that is kept older by d, as if so much time had passed:
// predictions, outputs and uploads expire, limits begin again. What runs continues as
// before, and no timestamp changes.
func (s *Server) Age(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.aged += d
}
