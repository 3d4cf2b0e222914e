package wavespeedtest

import (
	"net/http"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/query"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/reply"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/usage"
)

type usageQuery struct {
	StartTime string `json:"start_time"`
	EndTime   string `json:"end_time"`
	ModelUUID string `json:"model_uuid"`
}

// usage sums up the account's bills by model and by day.
func (s *Server) usage(w http.ResponseWriter, r *http.Request, a caller) {
	var asked usageQuery
	if !reply.Read(w, r, &asked) {
		return
	}
	from, until, ok := query.Range(w, asked.StartTime, asked.EndTime)
	if !ok {
		return
	}
	if asked.StartTime == "" || asked.EndTime == "" {
		reply.Problem(w, http.StatusBadRequest, "field %q is required", "start_time and end_time")
		return
	}
	reply.Data(w, s.sumUp(a.account, asked.ModelUUID, from, until))
}

func (s *Server) sumUp(a *account, name string, from, until time.Time) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	report := usage.New()
	for _, b := range a.bills {
		model := s.listedName(b.p.model)
		if b.at.Before(from) || b.at.After(until) || name != "" && name != model {
			continue
		}
		report.Add(usage.Item{
			Name: model, Model: b.p.model, Price: b.price, At: b.at,
			Refund: b.kind == "refund", Succeeded: b.kind == "deduct" && b.p.status == statusCompleted,
		})
	}
	return report.Data()
}
