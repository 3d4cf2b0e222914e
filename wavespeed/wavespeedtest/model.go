package wavespeedtest

import (
	"encoding/json"
	"time"
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

func (a Model) model(order int) *model {
	setDefault(&a.Type, "text-to-image")
	setDefault(&a.Output, OutputImage)
	setDefault(&a.Shortest, 5*time.Second)
	setDefault(&a.Longest, 10*time.Second)
	if a.Schema == nil {
		a.Schema = json.RawMessage(`{"type":"object"}`)
	}
	m := &model{output: a.Output, shortest: a.Shortest, longest: max(a.Shortest, a.Longest)}
	m.published = published{ID: a.ID, Name: a.ID, BasePrice: a.Price, Type: a.Type, SortOrder: order}
	m.API.Schemas = []apiSchema{runOf(a.ID, a.Schema)}
	return m
}
