package wavespeedtest

import (
	"net/http"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/money"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/reply"
)

// bill is one billing record: reserved ("pre") at the submit, settled ("done") at the end. Its
// times are the provider's.
type bill struct {
	id, order, kind, state string
	price                  money.Dollars
	at, changed            time.Time
	p                      *prediction
}

// charge reserves the price. The caller holds the lock.
func (s *Server) charge(p *prediction) {
	p.account.balance -= p.price
	p.bill = s.book(p, "deduct", "pre", p.born.told)
}

// book adds a bill. The caller holds the lock.
func (s *Server) book(p *prediction, kind, state string, at time.Time) *bill {
	b := &bill{id: newID(), order: newID(), kind: kind, state: state, price: p.price, at: at, changed: at, p: p}
	p.account.bills = append(p.account.bills, b)
	return b
}

// settle makes the charge final, or refunds it if the prediction failed. The caller holds the
// lock.
func (s *Server) settle(p *prediction) {
	p.bill.state, p.bill.changed = "done", s.now()
	if p.status == statusFailed || p.status == "timeout" {
		s.schedule.After(s.behavior.Load().RefundDelay, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.refund(p)
		})
	}
}

// refund refunds the price, once. The caller holds the lock.
func (s *Server) refund(p *prediction) {
	if p.entry.Refunded || p.dropped {
		return
	}
	p.entry.Refunded = true
	p.account.balance += p.price
	s.book(p, "refund", "done", s.now())
	s.kept.Prediction(p.kept())
}

func (s *Server) getBalance(w http.ResponseWriter, _ *http.Request, a caller) {
	s.mu.Lock()
	balance := a.balance.Float()
	s.mu.Unlock()
	reply.Data(w, map[string]any{"balance": balance, "currency": "USD"})
}
