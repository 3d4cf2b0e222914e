package wavespeedtest

import (
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/catalogue"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/money"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/reply"
)

type usageQuery struct {
	StartTime string `json:"start_time"`
	EndTime   string `json:"end_time"`
	ModelUUID string `json:"model_uuid"`
}

// spent is what a model, or a day, cost.
type spent struct {
	model  *catalogue.Model
	cost   money.Dollars
	count  int
	last   time.Time
	models map[string]*spent
}

func (s *spent) add(b *bill) {
	switch b.kind {
	case "refund":
		s.cost -= b.price
	default:
		s.cost += b.price
		s.count++
		s.last = b.at
	}
}

// usage sums up the account's bills by model and by day.
func (s *Server) usage(w http.ResponseWriter, r *http.Request, a caller) {
	var query usageQuery
	if !reply.Read(w, r, &query) {
		return
	}
	from, until, ok := readRange(w, query.StartTime, query.EndTime)
	if !ok {
		return
	}
	if query.StartTime == "" || query.EndTime == "" {
		reply.Problem(w, http.StatusBadRequest, "field %q is required", "start_time and end_time")
		return
	}
	reply.Data(w, s.sumUp(a.account, query.ModelUUID, from, until))
}

func (s *Server) sumUp(a *account, name string, from, until time.Time) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	var sum spent
	succeeded := 0
	models, days := map[string]*spent{}, map[string]*spent{}
	for _, b := range a.bills {
		model := s.listedName(b.p.model)
		if b.at.Before(from) || b.at.After(until) || name != "" && name != model {
			continue
		}
		day := entryOf(days, b.at.UTC().Format(time.DateOnly), b.p.model)
		for _, part := range []*spent{&sum, entryOf(models, model, b.p.model), day, entryOf(day.models, model, b.p.model)} {
			part.add(b)
		}
		if b.kind == "deduct" && b.p.status == statusCompleted {
			succeeded++
		}
	}
	return map[string]any{
		"per_model_usage": byModel(models), "daily_usage": byDay(days),
		"summary": map[string]any{"total_cost": sum.cost.Float(), "total_requests": sum.count, "success_requests": succeeded},
	}
}

func entryOf(in map[string]*spent, name string, m *catalogue.Model) *spent {
	if in[name] == nil {
		in[name] = &spent{model: m, models: map[string]*spent{}}
	}
	return in[name]
}

func byModel(models map[string]*spent) []any {
	list := []any{}
	for _, name := range slices.Sorted(maps.Keys(models)) {
		one := models[name]
		list = append(list, map[string]any{
			"model_uuid": name, "model_type": one.model.Type, "unit_price": one.model.BasePrice,
			"total_cost": one.cost.Float(), "total_count": one.count, "last_used_date": one.last.UTC().Format(time.DateOnly),
		})
	}
	return list
}

func byDay(days map[string]*spent) []any {
	list := []any{}
	for _, date := range slices.Sorted(maps.Keys(days)) {
		models := []any{}
		for _, name := range slices.Sorted(maps.Keys(days[date].models)) {
			one := days[date].models[name]
			models = append(models, map[string]any{"model_uuid": name, "count": one.count, "amount": one.cost.Float()})
		}
		list = append(list, map[string]any{"date": date, "amount": days[date].cost.Float(), "count": days[date].count, "models": models})
	}
	return list
}
