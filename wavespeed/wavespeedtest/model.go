package wavespeedtest

import (
	"encoding/json"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest/internal/catalogue"
)

// Output is the kind of file that a model makes.
type Output string

// The kinds of outputs.
const (
	OutputImage         Output = "image"          // PNG, or JPEG if the input requests it
	OutputUpscaled      Output = "upscaled"       // the input picture, larger
	OutputVideo         Output = "video"          // a short clip
	OutputUpscaledVideo Output = "upscaled-video" // the input clip, larger
	OutputAudio         Output = "audio"          // WAV
	OutputMesh          Output = "mesh"           // GLB
	OutputText          Output = "text"           // a text instead of a file
)

// Model is an entry added to the catalogue.
type Model struct {
	// ID is the model id, such as "wavespeed-ai/flux-dev". Required.
	ID string

	// Type is the model type, such as "text-to-image". The limit for videos applies if it
	// contains "video". Defaults to "text-to-image".
	Type string

	// Output is what it makes. Defaults to OutputImage.
	Output Output

	// Price is the cost of a run, in USD. Defaults to 0.
	Price float64

	// Shortest and Longest are the limits of how long a real run takes; see [Options.Speed].
	// Default to 5 and 10 seconds.
	Shortest, Longest time.Duration

	// Schema is the JSON Schema of its input. Defaults to any object.
	Schema json.RawMessage
}

func (o Options) added() []*catalogue.Model {
	models := make([]*catalogue.Model, len(o.Models))
	for i, m := range o.Models {
		models[i] = m.entry()
	}
	return models
}

// entry is the model as the catalogue has it.
func (a Model) entry() *catalogue.Model {
	setDefault(&a.Type, "text-to-image")
	setDefault(&a.Output, OutputImage)
	setDefault(&a.Shortest, 5*time.Second)
	setDefault(&a.Longest, 10*time.Second)
	if a.Schema == nil {
		a.Schema = json.RawMessage(`{"type":"object"}`)
	}
	m := &catalogue.Model{Output: string(a.Output), Shortest: a.Shortest, Longest: max(a.Shortest, a.Longest)}
	m.Published = catalogue.Published{ID: a.ID, Name: a.ID, BasePrice: a.Price, Type: a.Type}
	m.API.Schemas = []catalogue.Call{catalogue.Run(a.ID, a.Schema)}
	return m
}
