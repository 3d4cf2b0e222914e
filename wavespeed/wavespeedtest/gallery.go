package wavespeedtest

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/gallery"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/reply"
)

const galleryLength = 60

// gallery is a page with the latest predictions, newest first.
func (s *Server) gallery(w http.ResponseWriter, _ *http.Request) {
	counts := s.Counts()
	faults := 0
	for _, count := range counts.Faults {
		faults += count
	}
	page := gallery.Page{Accepted: counts.Accepted, Charged: counts.Charged, Faults: faults, Base: s.base, Predictions: s.latest()}
	html, err := page.HTML()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	reply.Raw(w, http.StatusOK, "text/html; charset=utf-8", html)
}

func (s *Server) latest() []gallery.Prediction {
	s.mu.Lock()
	defer s.mu.Unlock()
	var latest []gallery.Prediction
	for i := len(s.ledger) - 1; i >= 0 && len(latest) < galleryLength; i-- {
		p := s.predictions[s.ledger[i].PredictionID]
		one := gallery.Prediction{ID: p.id, Model: p.model.ID, Prompt: prompt(p.input), Status: p.status, Failed: p.status == statusFailed}
		for _, kind := range p.entry.Faults {
			one.Faults = append(one.Faults, string(kind))
		}
		if p.problem != nil {
			one.Error = fmt.Sprint(p.problem)
		}
		if len(p.outputs) > 0 {
			one.Kind, one.Output = p.exhibit()
			one.Output = strings.TrimPrefix(one.Output, s.base) // the page may be served under another URL
		}
		latest = append(latest, one)
	}
	return latest
}

// exhibit is how the page shows an output.
func (p *prediction) exhibit() (kind, output string) {
	text, ok := p.outputs[0].(string)
	if !ok {
		return "", ""
	}
	switch {
	case !strings.HasPrefix(text, "http"):
		return "text", text
	case p.extension() == "wav":
		return "sound", text
	case p.extension() == "glb":
		return "file", text
	default:
		return "picture", text
	}
}
