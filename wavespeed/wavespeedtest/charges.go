package wavespeedtest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/query"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/reply"
)

type chargeQuery struct {
	query.Pages
	BillingType     string   `json:"billing_type"`
	PredictionUUIDs []string `json:"prediction_uuids"`
	ModelUUID       string   `json:"model_uuid"`
	AccessKeyUUID   string   `json:"access_key_uuid"`
	Sort            string   `json:"sort"`
	StartTime       string   `json:"start_time"`
	EndTime         string   `json:"end_time"`
}

// searchBills answers the account's charges and refunds, newest first.
func (s *Server) searchBills(w http.ResponseWriter, r *http.Request, a caller) {
	var asked chargeQuery
	if !reply.Read(w, r, &asked) || !asked.Valid(w) {
		return
	}
	from, until, ok := query.Range(w, asked.StartTime, asked.EndTime)
	if !ok || s.spoilCharges(w, a) {
		return
	}
	s.mu.Lock()
	behavior := s.behavior.Load()
	var found []*bill
	hidden := 0
	for _, b := range a.bills {
		switch {
		case !asked.matches(s, b) || b.at.Before(from) || !until.IsZero() && b.at.After(until):
		case s.chargeLags(b.p):
			hidden++
		default:
			found = append(found, b)
		}
	}
	if !strings.HasSuffix(strings.ToUpper(asked.Sort), "ASC") {
		slices.Reverse(found)
	}
	page, data := cut(s, asked.Pages, found, hidden, behavior.ChargesTotal, behavior.ChargesMore)
	if len(page) > 0 {
		items := make([]any, len(page))
		for i, b := range page {
			items[i] = s.wireCharge(b, behavior)
		}
		data["items"] = items
	}
	s.mu.Unlock()
	reply.Data(w, data)
}

func (q chargeQuery) matches(s *Server, b *bill) bool {
	return (q.BillingType == "" || q.BillingType == b.kind) &&
		(q.ModelUUID == "" || q.ModelUUID == s.listedName(b.p.model)) &&
		(q.AccessKeyUUID == "" || q.AccessKeyUUID == b.p.key.uuid) &&
		(len(q.PredictionUUIDs) == 0 || slices.Contains(q.PredictionUUIDs, b.p.id))
}

// spoilCharges answers a request for charges with an error, if there is such a fault.
func (s *Server) spoilCharges(w http.ResponseWriter, a caller) bool {
	s.mu.Lock()
	fault, hit := s.rules.decide(scopeCharges, subject{account: a.Name})[ChargesError]
	if hit {
		s.tally.Faults[ChargesError]++
	}
	s.mu.Unlock()
	if hit {
		fail(w, fault.status(http.StatusServiceUnavailable), fault)
	}
	return hit
}

// chargeLags tells whether billing doesn't show the prediction yet. The caller holds
// the lock.
func (s *Server) chargeLags(p *prediction) bool { return s.hides(p, ChargeLag) }

// wireCharge is called with the lock held.
func (s *Server) wireCharge(b *bill, behavior *Behavior) any {
	const millisecond = "2006-01-02T15:04:05.000Z"
	order := map[string]any{
		"uuid": b.order, "state": b.state, "price": b.price.Float(), "origin_price": b.p.full.Float(), "status": "",
	}
	record := map[string]any{
		"uuid": b.id, "billing_type": b.kind, "price": b.price.Float(), "consumption": b.price.Float(),
		"created_at": b.at.UTC().Format(millisecond), "updated_at": b.changed.UTC().Format(millisecond),
		"order":      order,
		"prediction": map[string]any{"uuid": b.p.id, "model_uuid": s.listedName(b.p.model), "status": b.p.status},
	}
	b.p.key.wire(record, order, behavior.ChargeKeys)
	return record
}
