package activities

import (
	"context"
	"time"
)

// twice returns two readings, both started after everything had settled, and whether they are
// equal.
func (s *search) twice(ctx context.Context, now *reading) (*reading, bool, error) {
	settled := s.settledAt()
	first := s.reader().before(now, s.window.opens)
	if first == nil || first.list.err != nil || first.charges.err != nil || first.began.Before(settled) || first.since.After(s.window.opens) || now.began.Sub(first.ended) < rereadAfter {
		first = now
	}
	if first.began.Before(settled) {
		return now, false, nil
	}
	if first == now {
		again := now.ended.Add(rereadAfter)
		if err := s.wait(ctx, again.Sub(s.reader().now())); err != nil {
			return now, false, err
		}
		var err error
		if now, err = s.read(ctx, again); err != nil {
			return now, false, err
		}
		s.learn(now)
	}
	settledBy := s.in.Ended.Add(s.in.Settle + s.window.most)
	return now, first.list.equal(now.list, s.window, settledBy) && first.charges.equal(now.charges, s.window, settledBy), nil
}

func (s *search) wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// equal reports whether a later reading shows the same window, up to the settled time. Newer
// items may still lag.
func (w witness) equal(later witness, within window, settled time.Time) bool {
	if w.err != nil || later.err != nil {
		return false
	}
	before, newest := make(map[string]bool), time.Time{}
	for _, x := range w.seen {
		if !within.before(x.created) && !x.created.After(settled) {
			before[x.id] = true
			if x.created.After(newest) {
				newest = x.created
			}
		}
	}
	same := 0
	counted := make(map[string]bool)
	for _, x := range later.seen {
		switch {
		case within.before(x.created) || x.created.After(settled) || counted[x.id]:
		case before[x.id]:
			same++
			counted[x.id] = true
		case !x.created.After(newest):
			return false // it existed, but was not reported
		}
	}
	return same == len(before)
}
