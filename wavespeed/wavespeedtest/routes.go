package wavespeedtest

import (
	"encoding/json"
	"net/http"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/catalogue"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/money"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/reply"
)

// routes returns all paths. The API's named paths come before models, whose ids share the same
// prefix.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	api := func(pattern, what string, serve func(http.ResponseWriter, *http.Request, caller)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", s.now().UTC().Format(http.TimeFormat))
			if s.out(w, what) {
				return
			}
			if a, known := s.authenticate(w, r); known {
				serve(w, r, a)
			}
		})
	}
	api("POST /api/v3/{model...}", "submit", s.submit)
	api("GET /api/v3/predictions/{id}/result", "result", s.result)
	api("GET /api/v3/predictions/{id}", "result", s.result)
	api("DELETE /api/v3/predictions/{id}", "delete", s.deleteOne)
	api("POST /api/v3/predictions", "list", s.list)
	api("POST /api/v3/predictions/delete", "delete", s.deleteSome)
	api("GET /api/v3/models", "models", s.getModels)
	api("POST /api/v3/model/price", "price", s.getPrice)
	api("POST /api/v3/model/pricing", "price", s.getLegacyPrice)
	api("GET /api/v3/balance", "balance", s.getBalance)
	api("GET /api/v3/account/balance", "balance", s.getBalance)
	api("POST /api/v3/billings/search", "billings", s.searchBills)
	api("POST /api/v3/user/usage_stats", "usage", s.usage)
	api("POST /api/v3/media/uploads", "upload", s.openUpload)
	api("POST /api/v3/media/upload/binary", "upload", s.uploadBinary)
	api("GET /api/v3/webhook/secret", "secret", s.getSecret)
	mux.HandleFunc("/api/", func(w http.ResponseWriter, _ *http.Request) { reply.Problem(w, http.StatusNotFound, "Not found.") })
	mux.HandleFunc("PUT /storage/{id}/{name}", s.putUpload)
	mux.HandleFunc("GET /media/{id}/{name}", s.getUpload)
	mux.HandleFunc("GET /outputs/{id}/{file}", s.getOutput)
	s.control(mux)
	return mux
}

// out counts the request, and answers it if there is an outage.
func (s *Server) out(w http.ResponseWriter, what string) bool {
	s.mu.Lock()
	s.tally.request(what)
	fault, hit := s.rules.decide(scopeAll, subject{})[Outage]
	if hit {
		s.tally.Faults[Outage]++
	}
	if hit && what == "submit" {
		s.tally.Refused[fault.status(http.StatusServiceUnavailable)]++
	}
	s.mu.Unlock()
	if hit {
		fail(w, fault.status(http.StatusServiceUnavailable), fault)
	}
	return hit
}

func (s *Server) getModels(w http.ResponseWriter, _ *http.Request, _ caller) {
	models := make([]catalogue.Published, 0, len(s.models))
	for _, m := range s.models {
		models = append(models, m.Published)
	}
	reply.Data(w, models)
}

type priceQuery struct {
	ModelID string          `json:"model_id"`
	Inputs  json.RawMessage `json:"inputs"`
}

// quote answers what a run costs, in one of two forms.
func (s *Server) quote(w http.ResponseWriter, r *http.Request, form func(m *catalogue.Model, price money.Dollars) any) {
	var query priceQuery
	if !reply.Read(w, r, &query) {
		return
	}
	m := s.modelBy[query.ModelID]
	if m == nil {
		reply.Problem(w, http.StatusNotFound, "Model %q not found. Please check the model identifier.", query.ModelID)
		return
	}
	taken := s.taken(m, query.Inputs)
	if problem := m.Schema.Violation(taken); problem != "" {
		reply.Problem(w, http.StatusBadRequest, "%s", problem)
		return
	}
	reply.Data(w, form(m, m.Price(taken)))
}

func (s *Server) getPrice(w http.ResponseWriter, r *http.Request, _ caller) {
	b := s.behavior.Load()
	s.quote(w, r, func(m *catalogue.Model, price money.Dollars) any {
		return map[string]any{
			"model_id": m.ID, "price": price.Float(), "discounted_price": b.discounted(m, price).Float(), "discount_rate": b.payable(m), "currency": "USD",
		}
	})
}

func (s *Server) getLegacyPrice(w http.ResponseWriter, r *http.Request, _ caller) {
	s.quote(w, r, func(m *catalogue.Model, price money.Dollars) any {
		return map[string]any{"model_id": m.ID, "unit_price": price.Float(), "currency": "USD"}
	})
}

func (s *Server) getSecret(w http.ResponseWriter, _ *http.Request, a caller) {
	s.mu.Lock()
	secret := a.Secret
	s.mu.Unlock()
	reply.Data(w, map[string]string{"secret": secret})
}
