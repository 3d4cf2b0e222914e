package wavespeedtest

import (
	"net/http"
	"slices"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/query"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/reply"
)

func (s *Server) result(w http.ResponseWriter, r *http.Request, a caller) {
	s.mu.Lock()
	p := s.find(a.account, r.PathValue("id"))
	if p == nil {
		s.mu.Unlock()
		reply.Problem(w, http.StatusNotFound, "Prediction not found.")
		return
	}
	faults := s.rules.decide(scopeResult, subject{account: a.Name, model: p.model.ID, input: p.entry.Input})
	missing, hit := p.faults[ResultMissing]
	if hit && time.Since(p.born.at) < missing.delay(10*time.Second) {
		faults = map[Kind]Fault{ResultMissing: missing}
	}
	answer := s.wire(p)
	s.mu.Unlock()
	if !s.spoilResult(w, r, faults, answer) {
		reply.Data(w, answer)
	}
}

// spoilResult replaces a result's response by a faulty one.
func (s *Server) spoilResult(w http.ResponseWriter, r *http.Request, faults map[Kind]Fault, answer reply.Prediction) bool {
	for _, kind := range append([]Kind{ResultMissing}, kindsByScope[scopeResult]...) {
		fault, hit := faults[kind]
		if !hit {
			continue
		}
		s.happened(kind)
		switch kind {
		case ResultMissing:
			reply.Problem(w, http.StatusNotFound, "Prediction not found.")
		case ResultError:
			fail(w, fault.status(http.StatusServiceUnavailable), fault)
		case ResultLimited:
			limit(w, fault)
		case ResultReset:
			reply.Reset(w)
		case ResultStall:
			s.stall(w, r, fault)
		case ResultGarbled:
			reply.Half(w, answer)
		}
		return true
	}
	return false
}

type listQuery struct {
	query.Pages
	Model         string    `json:"model"`
	Status        string    `json:"status"`
	CreatedAfter  time.Time `json:"created_after"`
	CreatedBefore time.Time `json:"created_before"`
	IncludeInputs bool      `json:"include_inputs"`
}

func (s *Server) list(w http.ResponseWriter, r *http.Request, a caller) {
	var asked listQuery
	if !reply.Read(w, r, &asked) || !asked.Valid(w) {
		return
	}
	s.mu.Lock()
	faults := s.rules.decide(scopeList, subject{account: a.Name})
	if fault, hit := faults[ListError]; hit {
		s.tally.Faults[ListError]++
		s.mu.Unlock()
		fail(w, fault.status(http.StatusServiceUnavailable), fault)
		return
	}
	all, hidden := s.listed(a.account, asked)
	behavior := s.behavior.Load()
	page, data := cut(s, asked.Pages, all, hidden, behavior.ListTotal, behavior.ListMore)
	if len(page) > 0 {
		data["items"] = s.wireList(page, asked.IncludeInputs && behavior.ListInputs)
	}
	s.between(a.account, page)
	s.mu.Unlock()
	reply.Data(w, data)
}

// wireList is called with the lock held.
func (s *Server) wireList(page []*prediction, inputs bool) []reply.Prediction {
	items := make([]reply.Prediction, len(page))
	for i, p := range page {
		items[i] = s.wire(p)
		items[i].Input = nil
		if inputs {
			items[i].Input = p.stored
		}
	}
	return items
}

// listed returns the requested predictions, newest first, and how many don't show yet. The
// caller holds the lock.
func (s *Server) listed(a *account, asked listQuery) (all []*prediction, hidden int) {
	for _, p := range slices.Backward(a.made) {
		switch {
		case s.expired(p.born) || p.removed || !asked.matches(s, p):
		case s.hides(p, ListLag):
			hidden++
		default:
			all = append(all, p)
		}
	}
	return all, hidden
}

func (q listQuery) matches(s *Server, p *prediction) bool {
	return (q.Model == "" || q.Model == s.listedName(p.model)) &&
		(q.Status == "" || q.Status == p.status) &&
		!p.born.told.Before(q.CreatedAfter) &&
		(q.CreatedBefore.IsZero() || !p.born.told.After(q.CreatedBefore))
}

// hides tells whether a fault that delays a list still does so for the prediction. The
// caller holds the lock.
func (s *Server) hides(p *prediction, kind Kind) bool {
	fault, hit := p.faults[kind]
	if !hit || time.Since(p.born.at) >= fault.delay(30*time.Second) {
		return false
	}
	s.tally.Faults[kind]++
	return true
}

// deleteSome removes ended predictions, and skips the others.
func (s *Server) deleteSome(w http.ResponseWriter, r *http.Request, a caller) {
	var body struct {
		IDs []string `json:"ids"`
	}
	if !reply.Read(w, r, &body) {
		return
	}
	s.mu.Lock()
	deleted := 0
	for _, id := range body.IDs {
		if p := s.find(a.account, id); p != nil && p.ended && !p.removed {
			s.remove(p)
			deleted++
		}
	}
	s.mu.Unlock()
	reply.Data(w, map[string]int{"deleted_count": deleted})
}

// deleteOne is the other documented form.
func (s *Server) deleteOne(w http.ResponseWriter, r *http.Request, a caller) {
	s.mu.Lock()
	p := s.find(a.account, r.PathValue("id"))
	status := http.StatusOK
	switch {
	case p == nil || p.removed:
		status = http.StatusNotFound
	case !p.ended && s.behavior.Load().DeleteCancels:
		s.end(p, statusCancelled)
	case !p.ended:
		status = http.StatusBadRequest
	default:
		s.remove(p)
	}
	s.mu.Unlock()
	switch status {
	case http.StatusNotFound:
		reply.Problem(w, status, "Prediction not found.")
	case http.StatusBadRequest:
		reply.Problem(w, status, "Prediction is still running and cannot be deleted.")
	default:
		reply.Data(w, map[string]string{"id": p.id, "status": statusDeleted})
	}
}

// remove hides a prediction from its owner; the ledger keeps how it ended. The caller holds the
// lock.
func (s *Server) remove(p *prediction) {
	p.removed = true
	p.status, p.outputs = statusDeleted, nil
	s.kept.Prediction(p.kept())
}
