// Package gallery makes a page that shows the latest predictions.
package gallery

import (
	"bytes"
	_ "embed"
	"html/template"
)

//go:embed gallery.html
var page string

var parsed = template.Must(template.New("gallery").Parse(page))

// Page is what is on it.
type Page struct {
	Accepted    int
	Charged     float64 // in USD
	Faults      int     // how many have happened
	Base        string  // where predictions are submitted
	Predictions []Prediction
}

// Prediction is one on the page.
type Prediction struct {
	ID, Model, Prompt, Status, Error string
	Failed                           bool
	Kind, Output                     string // picture, sound or file, and its URL; or text, and the text itself
	Faults                           []string
}

// HTML returns the page.
func (p Page) HTML() ([]byte, error) {
	var body bytes.Buffer
	err := parsed.Execute(&body, p)
	return body.Bytes(), err
}
