package wavespeedtest

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/reply"
)

//go:embed gallery.html
var galleryHTML string

var galleryPage = template.Must(template.New("gallery").Parse(galleryHTML))

const galleryLength = 60

// shown is a prediction on the page.
type shown struct {
	ID, Model, Prompt, Status, Error string
	Failed                           bool
	Kind, Output                     string
	Faults                           []Kind
}

// gallery is a page with the latest predictions, newest first.
func (s *Server) gallery(w http.ResponseWriter, _ *http.Request) {
	counts := s.Counts()
	faults := 0
	for _, count := range counts.Faults {
		faults += count
	}
	page := map[string]any{
		"Accepted": counts.Accepted, "Charged": counts.Charged, "Faults": faults, "Base": s.base, "Predictions": s.latest(),
	}
	var body bytes.Buffer
	if err := galleryPage.Execute(&body, page); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	reply.Raw(w, http.StatusOK, "text/html; charset=utf-8", body.Bytes())
}

func (s *Server) latest() []shown {
	s.mu.Lock()
	defer s.mu.Unlock()
	var latest []shown
	for i := len(s.ledger) - 1; i >= 0 && len(latest) < galleryLength; i-- {
		p := s.predictions[s.ledger[i].PredictionID]
		one := shown{
			ID: p.id, Model: p.model.ID, Prompt: prompt(p.input), Status: p.status, Failed: p.status == statusFailed, Faults: p.entry.Faults,
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
