package receiver

import (
	"net/http"
	"sync"
	"time"
)

const (
	// patience is how long a body may take without a slot. Nearly all arrive sooner.
	patience = 250 * time.Millisecond

	// maxSlow is how many slower bodies one address may have in progress.
	maxSlow = 4
)

// places counts the slow bodies per nonce. Endless bodies sent to one address therefore block
// only that address.
type places struct {
	mu    sync.Mutex
	taken map[string]int
}

func (p *places) take(nonce string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.taken[nonce] >= maxSlow {
		return false
	}
	p.taken[nonce]++
	return true
}

func (p *places) leave(nonce string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.taken[nonce]--; p.taken[nonce] == 0 {
		delete(p.taken, nonce)
	}
}

// pace monitors the reading of one body.
type pace struct {
	places  *places
	nonce   string
	control *http.ResponseController
	began   time.Time
	slow    *time.Timer

	mu     sync.Mutex
	placed bool // has a slot
	ended  bool // has been read, or must not be read further
}

func (p *places) pace(nonce string, control *http.ResponseController) *pace {
	pace := &pace{places: p, nonce: nonce, control: control, began: time.Now()}
	pace.slow = time.AfterFunc(patience, pace.tire)
	return pace
}

// tire gives a slow body a slot, or stops reading it.
func (p *pace) tire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return
	}
	if p.placed = p.places.take(p.nonce); !p.placed {
		p.ended = true
		_ = p.control.SetReadDeadline(p.began)
	}
}

// goesOn reports whether to continue reading after so many bytes, and sets a deadline. Not
// every server supports deadlines; its own timeouts apply then.
func (p *pace) goesOn(size int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.ended {
		_ = p.control.SetReadDeadline(p.began.Add(readTimeout + time.Duration(size/readRate)*time.Second))
	}
	return !p.ended
}

// end returns the slot.
func (p *pace) end() {
	p.slow.Stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	if p.placed {
		p.places.leave(p.nonce)
		_ = p.control.SetWriteDeadline(time.Now().Add(writeTimeout))
	}
}
