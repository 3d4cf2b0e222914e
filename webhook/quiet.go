package webhook

import (
	"sync"
	"time"
)

// What may be logged of one reason and account: so many lines at once, and then one per
// interval. Deliveries that are genuine are logged, others sampled.
const (
	genuineLines    = 1000
	genuineInterval = 10 * time.Millisecond
	otherLines      = 10
	otherInterval   = 10 * time.Second
)

// clockInterval is how often one account's clock is complained of at most.
const clockInterval = time.Hour

// kind is what is counted together.
type kind struct {
	reason  Reason
	account string
}

// quiet bounds the lines of a flood. There are as many kinds as reasons and accounts.
type quiet struct {
	mu    sync.Mutex
	kinds map[kind]*lines
	clock map[string]time.Time // when an account's clock was last complained of
}

type lines struct {
	left       int
	filled     time.Time
	suppressed int64
}

// allow tells whether to write a line, and how many were not written before it.
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

// mayWarnOfClock tells whether to complain of an account's clock now.
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
