package wavespeedtest

import "time"

// birth is a creation time: by this machine's clock, which Age moves, and as reported by the
// provider.
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

// told converts a time of this machine to the provider's clock.
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

// Age makes all kept data older by d, as if that much time had passed: predictions, outputs and
// uploads expire, and limits reset. Running predictions continue as before, and no timestamp
// changes.
func (s *Server) Age(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.aged += d
}
