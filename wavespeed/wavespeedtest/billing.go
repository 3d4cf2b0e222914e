package wavespeedtest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// bill is one record of money: reserved ("pre") at the submit, settled ("done") at
// the end.
type bill struct {
	id, kind, state string
	price           dollars
	at, changed     time.Time
	p               *prediction
}

// charge reserves the price. The caller holds the lock.
func (s *Server) charge(p *prediction) {
	p.account.balance -= p.price
	p.bill = &bill{id: newID(), kind: "deduct", state: "pre", price: p.price, at: p.born.at, changed: p.born.at, p: p}
	p.account.bills = append(p.account.bills, p.bill)
}

// settle makes the charge final, or gives it back if the prediction failed. The
// caller holds the lock.
func (s *Server) settle(p *prediction) {
	p.bill.state, p.bill.changed = "done", time.Now()
	if p.status == statusFailed || p.status == "timeout" {
		s.schedule.after(s.options.Behavior.RefundDelay, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.refund(p)
		})
	}
}

// refund gives the price back, once. The caller holds the lock.
func (s *Server) refund(p *prediction) {
	if p.entry.Refunded || p.dropped {
		return
	}
	p.entry.Refunded = true
	p.account.balance += p.price
	now := time.Now()
	p.account.bills = append(p.account.bills, &bill{id: newID(), kind: "refund", state: "done", price: p.price, at: now, changed: now, p: p})
}

func (s *Server) getBalance(w http.ResponseWriter, _ *http.Request, a *account) {
	s.mu.Lock()
	balance := a.balance.float()
	s.mu.Unlock()
	writeData(w, map[string]any{"balance": balance, "currency": "USD"})
}

type billSearch struct {
	Page            int      `json:"page"`
	PageSize        int      `json:"page_size"`
	BillingType     string   `json:"billing_type"`
	PredictionUUIDs []string `json:"prediction_uuids"`
	ModelUUID       string   `json:"model_uuid"`
	Sort            string   `json:"sort"`
	StartTime       string   `json:"start_time"` // milliseconds since 1970
	EndTime         string   `json:"end_time"`
}

func (q billSearch) matches(b *bill) bool {
	return (q.BillingType == "" || q.BillingType == b.kind) &&
		(q.ModelUUID == "" || q.ModelUUID == b.p.model.ID) &&
		(len(q.PredictionUUIDs) == 0 || slices.Contains(q.PredictionUUIDs, b.p.id)) &&
		(q.StartTime == "" || fmt.Sprint(b.at.UnixMilli()) >= q.StartTime) &&
		(q.EndTime == "" || fmt.Sprint(b.at.UnixMilli()) <= q.EndTime)
}

func (s *Server) searchBills(w http.ResponseWriter, r *http.Request, a *account) {
	var query billSearch
	if !readJSON(w, r, &query) {
		return
	}
	if !pageable(w, query.Page, query.PageSize) {
		return
	}
	s.mu.Lock()
	var items []any
	for _, b := range a.bills {
		if query.matches(b) {
			items = append(items, b.wire())
		}
	}
	s.mu.Unlock()
	if !strings.HasSuffix(query.Sort, "ASC") {
		slices.Reverse(items)
	}
	page, more := paginate(items, query.Page, query.PageSize)
	writeData(w, map[string]any{"page": query.Page, "total": len(items), "items": page, "has_more": more})
}

func (b *bill) wire() any {
	return map[string]any{
		"uuid": b.id, "access_key_name": b.p.account.Name, "billing_type": b.kind, "price": b.price.float(),
		"created_at": b.at.UTC().Format(time.RFC3339Nano), "updated_at": b.changed.UTC().Format(time.RFC3339Nano),
		"order":      map[string]any{"uuid": b.id, "state": b.state, "price": b.price.float(), "origin_price": b.price.float()},
		"prediction": map[string]any{"uuid": b.p.id, "model_uuid": b.p.model.ID, "status": b.p.status},
	}
}

// pageable checks the numbers that both kinds of lists require, or answers 400.
func pageable(w http.ResponseWriter, page, size int) bool {
	switch {
	case page < 1:
		writeProblem(w, http.StatusBadRequest, "field %q must be greater than or equal to 1", "page")
	case size < 1 || size > 100:
		writeProblem(w, http.StatusBadRequest, "field %q must be between 1 and 100", "page_size")
	default:
		return true
	}
	return false
}

// paginate cuts a page out, and tells whether there is another.
func paginate[T any](items []T, page, size int) ([]T, bool) {
	from := min((page-1)*size, len(items))
	to := min(from+size, len(items))
	return append([]T{}, items[from:to]...), to < len(items)
}
