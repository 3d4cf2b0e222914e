// Package usage sums up what was spent, by model and by day.
package usage

import (
	"maps"
	"slices"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/catalogue"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/money"
)

// Item is a charge or a refund.
type Item struct {
	Name      string // under which the model is reported
	Model     *catalogue.Model
	Price     money.Dollars
	At        time.Time
	Refund    bool
	Succeeded bool
}

// Report is a sum of items.
type Report struct {
	sum       spent
	succeeded int
	models    map[string]*spent
	days      map[string]*spent
}

// spent is what a model, or a day, cost.
type spent struct {
	model  *catalogue.Model
	cost   money.Dollars
	count  int
	last   time.Time
	models map[string]*spent
}

// New returns an empty report.
func New() *Report { return &Report{models: map[string]*spent{}, days: map[string]*spent{}} }

// Add adds an item.
func (r *Report) Add(i Item) {
	day := entryOf(r.days, i.At.UTC().Format(time.DateOnly), i.Model)
	for _, part := range []*spent{&r.sum, entryOf(r.models, i.Name, i.Model), day, entryOf(day.models, i.Name, i.Model)} {
		part.add(i)
	}
	if i.Succeeded {
		r.succeeded++
	}
}

func (s *spent) add(i Item) {
	if i.Refund {
		s.cost -= i.Price
		return
	}
	s.cost += i.Price
	s.count++
	s.last = i.At
}

// Data is the report in the provider's format.
func (r *Report) Data() any {
	return map[string]any{
		"per_model_usage": byModel(r.models), "daily_usage": byDay(r.days),
		"summary": map[string]any{"total_cost": r.sum.cost.Float(), "total_requests": r.sum.count, "success_requests": r.succeeded},
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
