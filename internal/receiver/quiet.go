package receiver

import (
	"sync"
	"time"
)

// Limits on log lines per reason and account: so many immediately, then one per interval.
// Genuine deliveries are always logged, others are sampled.
const (
	genuineLines    = 1000
	genuineInterval = 10 * time.Millisecond
	otherLines      = 10
	otherInterval   = 10 * time.Second
)

// clockInterval is the minimum time between warnings about one account's clock.
const clockInterval = time.Hour

// kind is a group of lines that are counted together.
type kind struct {
	reason  string
	account string
}

// quiet limits log lines during a flood. There is one kind per reason and account.
type quiet struct {
	mu    sync.Mutex
	kinds map[kind]*lines
	clock map[string]time.Time // last warning about an account's clock
}

type lines struct {
	left       int
	filled     time.Time
	suppressed int64
}

// allow reports whether to write a line, and how many were skipped before it.
func (q *quiet) allow(k kind, burst int, interval time.Duration) (suppressed int64, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	l := q.kinds[k]
	if l == nil {
		l = &lines{left: burst, filled: now}
		q.kinds[k] = l
	}
	if more := int(now.Sub(l.filled) / interval); more > 0 {
		l.left = min(burst, l.left+more)
		l.filled = l.filled.Add(time.Duration(more) * interval)
	}
	if l.left == 0 {
		l.suppressed++
		return 0, false
	}
	l.left--
	suppressed, l.suppressed = l.suppressed, 0
	return suppressed, true
}

// mayWarnOfClock reports whether to warn about an account's clock now.
func (q *quiet) mayWarnOfClock(account string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	last, ever := q.clock[account]
	if ever && time.Since(last) < clockInterval {
		return false
	}
	q.clock[account] = time.Now()
	return true
}
