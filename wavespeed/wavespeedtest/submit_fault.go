package wavespeedtest

import (
	"net"
	"net/http"
	"strconv"
	"time"
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
			reset(w)
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
func (s *Server) answerByFault(w http.ResponseWriter, r *http.Request, p *prediction, answer wirePrediction) bool {
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
			reset(w)
		case AcceptedStall:
			s.stall(w, r, fault)
		case AcceptedError:
			fail(w, fault.status(gatewayErrors[int(p.born.at.UnixNano())%len(gatewayErrors)]), fault)
		case AcceptedGarbled:
			garble(w, answer)
		case AcceptedNameless:
			answer.ID, answer.URLs = "", nil
			writeData(w, answer)
		case SyncGatewayTimeout:
			fail(w, http.StatusGatewayTimeout, fault)
		case SyncTimeout:
			writeData(w, syncTimeout(answer))
		case SyncTimeoutBare:
			answer.URLs = nil
			writeData(w, syncTimeout(answer))
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
		return p.input.is("enable_sync_mode")
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
		writeRaw(w, status, "text/html", []byte(fault.Value))
		return
	}
	code := fault.Code
	setDefault(&code, status)
	writeJSON(w, status, envelope{Code: code, Message: fault.message(http.StatusText(status))})
}

func limit(w http.ResponseWriter, fault Fault) {
	if fault.Delay > 0 {
		setRetryAfter(w, fault.Delay)
	}
	writeProblem(w, http.StatusTooManyRequests, "%s", fault.message("Too many requests"))
}

// setRetryAfter rounds up to whole seconds.
func setRetryAfter(w http.ResponseWriter, wait time.Duration) {
	seconds := int64((wait + time.Second - 1) / time.Second)
	w.Header().Set("Retry-After", strconv.FormatInt(max(seconds, 1), 10))
}

// garble answers half of the JSON, and says that this is all.
func garble(w http.ResponseWriter, answer wirePrediction) {
	body := encodeJSON(envelope{Code: http.StatusOK, Message: "success", Data: answer})
	writeRaw(w, http.StatusOK, "application/json", body[:len(body)/2])
}

// stall leaves the client without an answer for a while, then resets the connection.
func (s *Server) stall(w http.ResponseWriter, r *http.Request, fault Fault) {
	s.pause(r, fault.delay(30*time.Second))
	reset(w)
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

// reset ends the connection without an answer: with a TCP reset where it can.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil { // HTTP/2
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
