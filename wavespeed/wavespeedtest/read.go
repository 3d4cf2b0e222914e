package wavespeedtest

import (
	"net/http"
	"slices"
	"time"
)

func (s *Server) result(w http.ResponseWriter, r *http.Request, a *account) {
	s.mu.Lock()
	p := s.find(a, r.PathValue("id"))
	if p == nil {
		s.mu.Unlock()
		writeProblem(w, http.StatusNotFound, "Prediction not found.")
		return
	}
	faults := s.rules.decide(scopeResult, subject{account: a.Name, model: p.model.ID, input: p.raw})
	missing, hit := p.faults[ResultMissing]
	if hit && time.Since(p.born.at) < missing.delay(10*time.Second) {
		faults = map[Kind]Fault{ResultMissing: missing}
	}
	answer := s.wire(p)
	s.mu.Unlock()
	if !s.spoilResult(w, r, faults, answer) {
		writeData(w, answer)
	}
}

// spoilResult gives a result another answer than it should have.
func (s *Server) spoilResult(w http.ResponseWriter, r *http.Request, faults map[Kind]Fault, answer wirePrediction) bool {
	for _, kind := range append([]Kind{ResultMissing}, kindsByScope[scopeResult]...) {
		fault, hit := faults[kind]
		if !hit {
			continue
		}
		s.happened(kind)
		switch kind {
		case ResultMissing:
			writeProblem(w, http.StatusNotFound, "Prediction not found.")
		case ResultError:
			fail(w, fault.status(http.StatusServiceUnavailable), fault)
		case ResultLimited:
			limit(w, fault)
		case ResultReset:
			reset(w)
		case ResultStall:
			s.stall(w, r, fault)
		case ResultGarbled:
			garble(w, answer)
		}
		return true
	}
	return false
}

type listQuery struct {
	Page          int       `json:"page"`
	PageSize      int       `json:"page_size"`
	Model         string    `json:"model"`
	Status        string    `json:"status"`
	CreatedAfter  time.Time `json:"created_after"`
	CreatedBefore time.Time `json:"created_before"`
	IncludeInputs bool      `json:"include_inputs"`
}

func (s *Server) list(w http.ResponseWriter, r *http.Request, a *account) {
	var query listQuery
	if !readJSON(w, r, &query) || !pageable(w, query.Page, query.PageSize) {
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
	items := s.listed(a, query)
	s.mu.Unlock()
	page, _ := paginate(items, query.Page, query.PageSize)
	data := map[string]any{"page": query.Page, "items": page}
	if s.options.Behavior.ListTotal {
		data["total"] = len(items)
	}
	writeData(w, data)
}

// listed is what the query asks for, newest first. The caller holds the lock.
func (s *Server) listed(a *account, query listQuery) []wirePrediction {
	enough := query.Page * query.PageSize
	var items []wirePrediction
	for _, p := range slices.Backward(a.made) {
		if p.born.at.Before(query.CreatedAfter) || s.expired(p.born) ||
			len(items) == enough && !s.options.Behavior.ListTotal {
			break // older ones are no better
		}
		if !query.matches(p) || p.removed || s.lags(p) {
			continue
		}
		item := s.wire(p)
		if query.IncludeInputs && !s.options.Behavior.OmitListInputs {
			item.Input = p.raw
		}
		items = append(items, item)
	}
	return items
}

func (q listQuery) matches(p *prediction) bool {
	return (q.Model == "" || q.Model == p.model.ID) &&
		(q.Status == "" || q.Status == p.status) &&
		(q.CreatedBefore.IsZero() || !p.born.at.After(q.CreatedBefore))
}

// lags tells whether the list does not show the prediction yet. The caller holds
// the lock.
func (s *Server) lags(p *prediction) bool {
	fault, hit := p.faults[ListLag]
	if !hit || time.Since(p.born.at) >= fault.delay(30*time.Second) {
		return false
	}
	s.tally.Faults[ListLag]++
	return true
}

// deleteSome removes predictions that have ended, and passes over the others.
func (s *Server) deleteSome(w http.ResponseWriter, r *http.Request, a *account) {
	var body struct {
		IDs []string `json:"ids"`
	}
	if !readJSON(w, r, &body) {
		return
	}
	s.mu.Lock()
	deleted := 0
	for _, id := range body.IDs {
		if p := s.find(a, id); p != nil && p.ended && !p.removed {
			p.remove()
			deleted++
		}
	}
	s.mu.Unlock()
	writeData(w, map[string]int{"deleted_count": deleted})
}

// deleteOne is the other documented form.
func (s *Server) deleteOne(w http.ResponseWriter, r *http.Request, a *account) {
	s.mu.Lock()
	p := s.find(a, r.PathValue("id"))
	status := http.StatusOK
	switch {
	case p == nil || p.removed:
		status = http.StatusNotFound
	case !p.ended && s.options.Behavior.DeleteCancels:
		s.end(p, statusCancelled)
	case !p.ended:
		status = http.StatusBadRequest
	default:
		p.remove()
	}
	s.mu.Unlock()
	switch status {
	case http.StatusNotFound:
		writeProblem(w, status, "Prediction not found.")
	case http.StatusBadRequest:
		writeProblem(w, status, "Prediction is still running and cannot be deleted.")
	default:
		writeData(w, map[string]string{"id": p.id, "status": statusDeleted})
	}
}

// remove takes a prediction out of its owner's sight; the ledger keeps how it
// ended. The caller holds the lock.
func (p *prediction) remove() {
	p.removed = true
	p.status, p.outputs = statusDeleted, nil
}
