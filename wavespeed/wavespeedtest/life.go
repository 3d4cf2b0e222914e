package wavespeedtest

import (
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/catalogue"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/luck"
)

// accept makes a prediction of a submit, bills it, and begins its life. The caller holds
// the lock.
func (s *Server) accept(by caller, m *catalogue.Model, submit submission) *prediction {
	a, b := by.account, s.behavior.Load()
	p := &prediction{
		id: newID(), account: a, key: by.key, model: m, input: submit.input, webhook: submit.webhook,
		born: s.born(), status: statusCreated, done: make(chan struct{}), delivered: make(chan struct{}),
	}
	p.stored = rewritten(m.Schema, m.Schema.Known(submit.raw), b.Rewrite, luck.Chance(s.options.Seed, 1, uint64(len(s.ledger))))
	p.full = m.Price(p.input)
	p.price = b.discounted(m, p.full)
	if !submit.other {
		a.own = p
		p.faults = s.rules.decide(scopeAccepted, subject{account: a.Name, model: m.ID, input: submit.raw})
	}
	p.entry = &Entry{
		PredictionID: p.id, Account: a.Name, Key: by.key.name, Model: m.ID, Input: submit.raw, InputHash: hashOf(submit.raw),
		WebhookURL: p.webhook, Sent: submit.at, At: p.born.at, Other: submit.other,
		Price: p.price.Float(), Status: p.status, Faults: sortedKinds(p.faults),
	}
	s.predictions[p.id] = p
	s.ledger = append(s.ledger, p.entry)
	a.made = append(a.made, p)
	s.charge(p)
	s.admitted(p)
	s.kept.Prediction(p.kept())
	return p
}

// admitted begins a prediction, or puts it into the queue. The caller holds the lock.
func (s *Server) admitted(p *prediction) {
	if p.account.full() {
		p.account.queue = append(p.account.queue, p)
	} else {
		s.begin(p)
	}
}

// begin starts a prediction: a tenth of its time it stays created, as in the
// provider's queue, then it is processing. The caller holds the lock.
func (s *Server) begin(p *prediction) {
	p.running = true
	p.account.running++
	p.begun = time.Now()
	if _, hit := p.faults[WebhookEarly]; hit {
		return // the submit itself ends it
	}
	length := s.length(p)
	if fault, hit := s.strike(p, Slow); hit {
		length += fault.delay(10 * time.Second)
	}
	if p.failing().Kind == "" {
		s.schedule.After(length/10, func() { s.change(p, statusProcessing) })
	}
	if _, hit := s.strike(p, NeverEnds); hit {
		return
	}
	if fault, hit := s.strike(p, UnknownStatus); hit {
		s.schedule.After(length/2, func() { s.change(p, fault.value("paused")) })
		length += fault.delay(time.Second)
	}
	s.schedule.After(length, func() { s.finish(p) })
}

// length is how long a prediction takes.
func (s *Server) length(p *prediction) time.Duration {
	drawn := luck.Chance(s.options.Seed, 0, uint64(len(s.ledger)))
	if fixed := s.options.Duration; fixed > 0 {
		return time.Duration(float64(fixed) * (0.8 + 0.4*drawn))
	}
	real := float64(p.model.Shortest) + drawn*float64(p.model.Longest-p.model.Shortest)
	return time.Duration(real / s.options.Speed)
}

func (s *Server) change(p *prediction, status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !p.ended && !p.dropped {
		p.set(status)
	}
}

// failing is the fault that lets the prediction fail, if one does.
func (p *prediction) failing() Fault {
	if fault, hit := p.faults[FailsWithObject]; hit {
		return fault
	}
	return p.faults[Fails]
}

// finish ends a prediction as it is to end, and has its webhook sent.
func (s *Server) finish(p *prediction) {
	s.mu.Lock()
	if p.ended || p.dropped {
		s.mu.Unlock()
		return
	}
	s.conclude(p)
	if _, hit := s.strike(p, SecretRotated); hit {
		p.account.rotate()
	}
	batch := s.plan(p)
	s.mu.Unlock()
	s.send(batch)
}

// conclude gives a prediction its last status, and settles the bill. The caller
// holds the lock.
func (s *Server) conclude(p *prediction) {
	status := statusCompleted
	if field := s.unreachable(p); field != "" {
		status, p.code, p.problem = statusFailed, 1402, "Failed to download media from the provided URL."
	}
	if lacking := p.model.Schema.Missing(p.input); lacking != "" {
		status, p.code, p.problem = statusFailed, 1400, "Missing required parameter: "+lacking
	}
	if failing := p.failing(); failing.Kind != "" {
		status = statusFailed
		s.strike(p, failing.Kind)
		p.code = failing.Code
		setDefault(&p.code, 1405)
		text := failing.message(taskErrors[p.code])
		setDefault(&text, "Request failed. Please check your input parameters and try again.")
		p.problem = text
		if failing.Kind == FailsWithObject {
			p.problem = map[string]any{"code": p.code, "message": text}
		}
	}
	if fault, hit := s.strike(p, EndsAs); hit {
		status = fault.value(statusCancelled)
		p.problem = map[string]string{"cancelled": "Task was cancelled by user", "timeout": "task timed out"}[status]
	}
	if status == statusCompleted {
		p.outputs, p.nsfw = s.produce(p), s.flags(p)
	}
	s.end(p, status)
}

// taskErrors are the documented descriptions of codes.
var taskErrors = map[int]string{
	1200: "Content flagged as potentially sensitive. Please try different prompts or images.",
	1400: "Missing required parameter.",
	1401: "Invalid parameter.",
	1402: "Failed to download image from the provided URL.",
	1403: "Task execution failed.",
	5000: "Internal error. Please try again later.",
	5003: "Service unavailable. Please try again later.",
	5004: "Timeout. Please reduce the input size and try again.",
}

// end gives the last status and makes room for another prediction. The caller
// holds the lock.
func (s *Server) end(p *prediction, status string) {
	p.ended = true
	p.entry.Ended = time.Now()
	p.entry.Code = p.code
	p.set(status)
	a := p.account
	if p.running {
		p.running = false
		p.took = max(time.Since(p.begun), time.Millisecond)
		a.running--
	}
	s.settle(p)
	s.kept.Prediction(p.kept())
	close(p.done)
	for len(a.queue) > 0 && !a.full() {
		next := a.queue[0]
		a.queue = a.queue[1:]
		if !next.ended && !next.dropped {
			s.begin(next)
		}
	}
}
