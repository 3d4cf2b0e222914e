package wavespeedtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/catalogue"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/inputs"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/reply"
)

// submission is a submit that is well-formed.
type submission struct {
	raw     json.RawMessage
	input   inputs.Input
	webhook string
	at      time.Time // when it arrived
	other   bool      // made by somebody else
}

func (s *Server) submit(w http.ResponseWriter, r *http.Request, a caller) {
	id := r.PathValue("model")
	m := s.modelBy[id]
	if m == nil {
		s.refuse(w, http.StatusNotFound, "Model %q not found. Please check the model identifier.", id)
		return
	}
	submit, ok := s.readSubmit(w, r, m)
	if !ok {
		return
	}
	s.mu.Lock()
	faults := s.rules.decide(scopeSubmit, subject{account: a.Name, model: m.ID, input: submit.raw})
	s.mu.Unlock()
	if fault, hit := faults[AcceptedLate]; hit {
		s.acceptLate(w, a, m, submit, fault)
		return
	}
	if s.refuseByFault(w, r, faults) {
		return
	}
	p, answer := s.admit(w, a, m, submit)
	if p == nil {
		return
	}
	s.options.Logger.Debug("accepted", "prediction_id", p.id, "account", a.Name, "model", m.ID)
	if _, early := p.faults[WebhookEarly]; early {
		s.endEarly(p)
	}
	s.answerSubmit(w, r, p, answer)
}

// refuse answers that a submit is not accepted.
func (s *Server) refuse(w http.ResponseWriter, status int, format string, args ...any) {
	s.refused(status)
	reply.Problem(w, status, format, args...)
}

func (s *Server) refused(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tally.Refused[status]++
}

// readSubmit reads and checks the input, or answers why it is refused.
func (s *Server) readSubmit(w http.ResponseWriter, r *http.Request, m *catalogue.Model) (submission, bool) {
	submit := submission{webhook: r.URL.Query().Get("webhook"), at: time.Now()}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, reply.MaxBody))
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		s.refuse(w, http.StatusRequestEntityTooLarge, "request body too large")
		return submit, false
	}
	if err != nil {
		return submit, false // the client has gone
	}
	var sent inputs.Input
	if json.Unmarshal(body, &sent) != nil || sent == nil {
		s.refuse(w, http.StatusBadRequest, "request body must be a JSON object")
		return submit, false
	}
	submit.raw = bytes.TrimSpace(body)
	submit.input = s.taken(m, submit.raw)
	if submit.webhook != "" && submit.input.Is("enable_base64_output") {
		s.refused(http.StatusBadRequest)
		reply.JSON(w, http.StatusBadRequest, map[string]string{
			"error": "webhook callback does not support base64 output, please use the normal API to use base64 output",
		})
		return submit, false
	}
	if problem := s.problem(m, sent, submit.input); problem != "" {
		s.refuse(w, http.StatusBadRequest, "%s", problem)
		return submit, false
	}
	return submit, true
}

// problem describes what is wrong with the input; "" if nothing is.
func (s *Server) problem(m *catalogue.Model, sent, taken inputs.Input) string {
	b := s.behavior.Load()
	if lacking := m.Schema.Missing(taken); lacking != "" && !b.MissingFieldFails {
		return "field \"" + lacking + "\" is required"
	}
	if unknown := m.Schema.Unknown(sent); unknown != "" && b.RefuseUnknownFields {
		return "field \"" + unknown + "\" is not allowed"
	}
	return m.Schema.Violation(taken)
}

// taken is the input as the model is given it: without unknown fields, and with
// numbers in place of texts where that is how the provider behaves.
func (s *Server) taken(m *catalogue.Model, raw json.RawMessage) inputs.Input {
	raw = m.Schema.Known(raw)
	if slices.Contains(s.behavior.Load().Rewrite, RewriteNumbers) {
		raw = rewritten(m.Schema, raw, []Rewrite{RewriteNumbers}, 0)
	}
	var in inputs.Input
	_ = json.Unmarshal(raw, &in) // it has been read before
	return in
}

// acceptLate resets the connection, and accepts the submit all the same some time later.
func (s *Server) acceptLate(w http.ResponseWriter, a caller, m *catalogue.Model, submit submission, fault Fault) {
	s.mu.Lock()
	s.tally.Faults[AcceptedLate]++
	round := s.round
	s.mu.Unlock()
	s.schedule.After(fault.delay(30*time.Second), func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.round == round && s.behavior.Load().discounted(m, m.Price(submit.input)) <= a.balance {
			s.accept(a, m, submit)
		}
	})
	reply.Reset(w)
}

// admit accepts the submit and returns the response at that moment. If limits or credit do not
// allow it, admit answers why.
func (s *Server) admit(w http.ResponseWriter, a caller, m *catalogue.Model, submit submission) (*prediction, reply.Prediction) {
	s.mu.Lock()
	if s.behavior.Load().discounted(m, m.Price(submit.input)) > a.balance {
		s.mu.Unlock()
		refusal := s.behavior.Load().InsufficientCredits
		s.refused(refusal.Status)
		reply.Raw(w, refusal.Status, "application/json", []byte(refusal.Body))
		return nil, reply.Prediction{}
	}
	if reason, wait := s.limited(a.account, m); reason != "" {
		s.mu.Unlock()
		if s.behavior.Load().RetryAfter {
			reply.RetryAfter(w, wait)
		}
		s.refuse(w, http.StatusTooManyRequests, "%s", reason)
		return nil, reply.Prediction{}
	}
	p := s.accept(a, m, submit)
	answer := s.wire(p)
	s.mu.Unlock()
	return p, answer
}

// endEarly ends the prediction and waits until its webhook has been answered.
func (s *Server) endEarly(p *prediction) {
	s.happened(WebhookEarly)
	s.finish(p)
	select {
	case <-p.delivered:
	case <-time.After(5 * time.Second):
	case <-s.ctx.Done():
	}
}

// answerSubmit answers an accepted submit, or fails to.
func (s *Server) answerSubmit(w http.ResponseWriter, r *http.Request, p *prediction, answer reply.Prediction) {
	if s.answerByFault(w, r, p, answer) {
		return
	}
	if p.input.Is("enable_sync_mode") {
		answer = s.awaitSync(r, p)
	}
	reply.Data(w, answer)
}

// awaitSync waits for the result as long as a synchronous submit does.
func (s *Server) awaitSync(r *http.Request, p *prediction) reply.Prediction {
	limit := time.NewTimer(s.behavior.Load().SyncLimit)
	defer limit.Stop()
	select {
	case <-p.done:
	case <-limit.C:
	case <-r.Context().Done():
	case <-s.ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	answer := s.wire(p)
	if !p.ended {
		return syncTimeout(answer)
	}
	return answer
}

func syncTimeout(answer reply.Prediction) reply.Prediction {
	answer.Status, answer.Code = statusProcessing, 5004
	answer.Error = "Sync mode timed out after 90 seconds. The prediction is still processing asynchronously."
	return answer
}
