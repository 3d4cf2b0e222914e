package wavespeedtest

import (
	"net/http"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/reply"
)

// refuseByFault answers a submit that a fault keeps from being accepted.
func (s *Server) refuseByFault(w http.ResponseWriter, r *http.Request, faults map[Kind]Fault) bool {
	for _, kind := range kindsByScope[scopeSubmit] {
		fault, hit := faults[kind]
		if !hit {
			continue
		}
		s.happened(kind)
		switch kind {
		case SubmitReset:
			s.refused(0)
			reply.Reset(w)
		case SubmitStall:
			s.refused(0)
			s.stall(w, r, fault)
		case SubmitLimited:
			s.refused(http.StatusTooManyRequests)
			limit(w, fault)
		case SubmitError:
			status := fault.status(http.StatusServiceUnavailable)
			s.refused(status)
			fail(w, status, fault)
		}
		return true
	}
	return false
}

// answerByFault gives an accepted submit another answer than it should have.
func (s *Server) answerByFault(w http.ResponseWriter, r *http.Request, p *prediction, answer reply.Prediction) bool {
	for _, kind := range kindsByScope[scopeAccepted] {
		fault, hit := p.faults[kind]
		if !hit || !s.spoils(kind, p) {
			continue
		}
		s.happened(kind)
		switch kind {
		case AcceptedSlow:
			s.pause(r, fault.delay(time.Second))
			continue
		case AcceptedReset:
			reply.Reset(w)
		case AcceptedStall:
			s.stall(w, r, fault)
		case AcceptedError:
			fail(w, fault.status(gatewayErrors[int(p.born.at.UnixNano())%len(gatewayErrors)]), fault)
		case AcceptedGarbled:
			reply.Half(w, answer)
		case AcceptedNameless:
			answer.ID, answer.URLs = "", nil
			reply.Data(w, answer)
		case SyncGatewayTimeout:
			fail(w, http.StatusGatewayTimeout, fault)
		case SyncTimeout:
			reply.Data(w, syncTimeout(answer))
		case SyncTimeoutBare:
			answer.URLs = nil
			reply.Data(w, syncTimeout(answer))
		}
		return true
	}
	return false
}

var gatewayErrors = []int{http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout}

// spoils tells whether a fault changes the answer to this submit.
func (s *Server) spoils(kind Kind, p *prediction) bool {
	switch kind {
	case AcceptedSlow, AcceptedReset, AcceptedStall, AcceptedError, AcceptedGarbled, AcceptedNameless:
		return true
	case SyncGatewayTimeout, SyncTimeout, SyncTimeoutBare:
		return p.input.Is("enable_sync_mode")
	default:
		return false
	}
}

// fail answers as the API, or a gateway in front of it, would: see [SubmitError].
func fail(w http.ResponseWriter, status int, fault Fault) {
	switch {
	case status >= 300 && status < 400:
		w.Header().Set("Location", fault.value("/"))
	case fault.Value != "":
		reply.Raw(w, status, "text/html", []byte(fault.Value))
		return
	}
	code := fault.Code
	setDefault(&code, status)
	reply.JSON(w, status, reply.Envelope{Code: code, Message: fault.message(http.StatusText(status))})
}

func limit(w http.ResponseWriter, fault Fault) {
	if fault.Delay > 0 {
		reply.RetryAfter(w, fault.Delay)
	}
	reply.Problem(w, http.StatusTooManyRequests, "%s", fault.message("Too many requests"))
}

// stall leaves the client without an answer for a while, then resets the connection.
func (s *Server) stall(w http.ResponseWriter, r *http.Request, fault Fault) {
	s.pause(r, fault.delay(30*time.Second))
	reply.Reset(w)
}

func (s *Server) pause(r *http.Request, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	case <-s.ctx.Done():
	}
}
