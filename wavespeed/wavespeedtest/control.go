package wavespeedtest

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/reply"
)

// control serves everything below /simulator/: what tests in other languages need besides the
// API. It requires no key.
func (s *Server) control(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", s.gallery)
	mux.HandleFunc("GET /simulator/{$}", func(w http.ResponseWriter, _ *http.Request) { reply.JSON(w, http.StatusOK, controls) })
	mux.HandleFunc("GET /simulator/ledger", func(w http.ResponseWriter, _ *http.Request) {
		reply.JSON(w, http.StatusOK, map[string]any{"entries": s.Ledger()})
	})
	mux.HandleFunc("GET /simulator/summary", func(w http.ResponseWriter, _ *http.Request) { reply.JSON(w, http.StatusOK, s.Counts()) })
	mux.HandleFunc("GET /simulator/faults", func(w http.ResponseWriter, _ *http.Request) {
		reply.JSON(w, http.StatusOK, map[string]any{"faults": s.Faults(), "kinds": Kinds()})
	})
	mux.HandleFunc("POST /simulator/faults", s.postFaults)
	mux.HandleFunc("DELETE /simulator/faults", func(w http.ResponseWriter, r *http.Request) {
		var kinds []Kind
		for _, kind := range r.URL.Query()["kind"] {
			kinds = append(kinds, Kind(kind))
		}
		s.Heal(kinds...)
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /simulator/behavior", func(w http.ResponseWriter, _ *http.Request) {
		reply.JSON(w, http.StatusOK, map[string]any{"behavior": s.Behavior(), "settings": Behaviors})
	})
	mux.HandleFunc("PATCH /simulator/behavior", s.patchBehavior)
	mux.HandleFunc("POST /simulator/reset", func(w http.ResponseWriter, _ *http.Request) {
		s.Reset()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("POST /simulator/age", s.postAge)
	mux.HandleFunc("POST /simulator/accounts/{name}/rotate-secret", s.postRotate)
	mux.HandleFunc("POST /simulator/accounts/{name}/others", s.postOther)
	mux.HandleFunc("POST /simulator/accounts/{name}/top-up", s.postTopUp)
}

var controls = map[string]string{
	"GET /simulator/ledger":                         "every accepted, billed submit with its webhooks",
	"GET /simulator/summary":                        "counts of requests, rejections, predictions, webhooks and faults",
	"GET /simulator/faults":                         "the injected faults, and all kinds of faults",
	"POST /simulator/faults":                        `inject one: {"kind":"webhook-lost","probability":0.05}, or a list of them`,
	"DELETE /simulator/faults":                      "heal all faults, or with ?kind= those of that kind",
	"GET /simulator/behavior":                       "the current behavior, and all settings",
	"PATCH /simulator/behavior":                     `change how it behaves: {"list_inputs":true,"clock_offset":"-90s"}`,
	"POST /simulator/accounts/{name}/others":        "let somebody else make a prediction, and return its id",
	"POST /simulator/accounts/{name}/rotate-secret": "give the account a new webhook secret, and return it",
	"POST /simulator/accounts/{name}/top-up":        `add to the account's credit, and return it: {"usd":10}`,
	"POST /simulator/age":                           `age all kept data: {"by":"168h"}`,
	"POST /simulator/reset":                         "forget everything",
}

// patchBehavior changes the fields that are given.
func (s *Server) patchBehavior(w http.ResponseWriter, r *http.Request) {
	var wrong error
	var changes json.RawMessage
	if !readControl(w, r, &changes) {
		return
	}
	err := s.Behave(func(b *Behavior) {
		changed := *b
		if wrong = json.Unmarshal(changes, &changed); wrong == nil {
			*b = changed
		}
	})
	if err := errors.Join(wrong, err); err != nil {
		reply.Problem(w, http.StatusBadRequest, "%v", err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) postOther(w http.ResponseWriter, r *http.Request) {
	id := s.MakeOther(r.PathValue("name"))
	if id == "" {
		reply.Problem(w, http.StatusNotFound, "there is no account %q", r.PathValue("name"))
		return
	}
	reply.JSON(w, http.StatusOK, map[string]string{"prediction_id": id})
}

// postFaults takes one fault, or a list.
func (s *Server) postFaults(w http.ResponseWriter, r *http.Request) {
	var faults oneOrMore
	if !readControl(w, r, &faults) {
		return
	}
	if err := s.Inject(faults...); err != nil {
		reply.Problem(w, http.StatusBadRequest, "%v", err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) postAge(w http.ResponseWriter, r *http.Request) {
	var body struct {
		By string `json:"by"`
	}
	if !readControl(w, r, &body) {
		return
	}
	by, err := time.ParseDuration(body.By)
	if err != nil || by < 0 {
		reply.Problem(w, http.StatusBadRequest, "by: %q is not a duration such as 168h", body.By)
		return
	}
	s.Age(by)
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) postRotate(w http.ResponseWriter, r *http.Request) {
	secret, err := s.RotateSecret(r.PathValue("name"))
	if err != nil {
		reply.Problem(w, http.StatusNotFound, "%v", err)
		return
	}
	reply.JSON(w, http.StatusOK, map[string]string{"secret": secret})
}

func (s *Server) postTopUp(w http.ResponseWriter, r *http.Request) {
	var body struct {
		USD float64 `json:"usd"`
	}
	name := r.PathValue("name")
	if !readControl(w, r, &body) {
		return
	}
	if err := s.TopUp(name, body.USD); err != nil {
		status := http.StatusBadRequest
		if s.Secret(name) == "" {
			status = http.StatusNotFound
		}
		reply.Problem(w, status, "%v", err)
		return
	}
	reply.JSON(w, http.StatusOK, map[string]float64{"balance": s.Balance(name)})
}

// readControl reads a body that is sent to our own paths, and says what is wrong.
func readControl(w http.ResponseWriter, r *http.Request, into any) bool {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(into); err != nil {
		reply.Problem(w, http.StatusBadRequest, "%v", err)
		return false
	}
	return true
}
