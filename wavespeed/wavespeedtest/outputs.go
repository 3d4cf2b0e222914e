package wavespeedtest

import (
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/pictures"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/reply"
)

// getOutput serves a file, created on request. It requires no key, as at the provider.
func (s *Server) getOutput(w http.ResponseWriter, r *http.Request) {
	id, file := r.PathValue("id"), r.PathValue("file")
	n, err := strconv.Atoi(strings.TrimSuffix(file, path.Ext(file)))
	s.mu.Lock()
	p := s.predictions[id]
	found := p != nil && err == nil && n >= 1 && n <= p.count() && p.entry.Status == statusCompleted &&
		file == strconv.Itoa(n)+"."+p.extension()
	expired := found && s.expired(p.born)
	var faults map[Kind]Fault
	if found {
		faults = s.rules.decide(scopeOutput, subject{account: p.account.Name, model: p.model.ID, input: p.stored})
	}
	fault, gone := faults[OutputGone]
	if gone {
		s.tally.Faults[OutputGone]++
	}
	s.mu.Unlock()
	switch {
	case gone:
		http.Error(w, "AccessDenied", fault.status(http.StatusNotFound))
	case expired:
		http.Error(w, "AccessDenied", s.behavior.Load().ExpiredStatus)
	case !found:
		http.Error(w, "NoSuchKey", http.StatusNotFound)
	default:
		reply.Raw(w, http.StatusOK, pictures.ContentType(p.extension()), s.render(p, n))
	}
}

// render makes the file of the n-th output. The caller must not hold the lock.
func (s *Server) render(p *prediction, n int) []byte {
	s.mu.Lock()
	scene := s.scene(p, n, depth)
	s.mu.Unlock()
	return scene.File(p.extension())
}
