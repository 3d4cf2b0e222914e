// Package clip is an example of a pipeline: a text becomes a picture, the picture a
// video, and the video a larger one. It is ordinary workflow code. If a step fails
// the earlier ones are not lost: their results are in the workflow's history.
package clip

import (
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

// Brief says what the clip should show.
type Brief struct {
	// Scene is what the picture shows.
	Scene string `json:"scene"`

	// Motion is what happens in it.
	Motion string `json:"motion"`
}

// Film holds the addresses of what was made.
type Film struct {
	Still string `json:"still"`
	Clip  string `json:"clip"`
	Film  string `json:"film"`
}

// Clip makes a film from a brief.
func Clip(ctx workflow.Context, brief Brief) (Film, error) {
	still, err := workflows.Generate(ctx, generation.Request{
		Key:   "still",
		Model: "wavespeed-ai/flux-dev",
		Input: map[string]any{"prompt": brief.Scene, "size": "832*480"},
	})
	if err != nil {
		return Film{}, err
	}
	clip, err := workflows.Generate(ctx, generation.Request{
		Key:   "clip",
		Model: "wavespeed-ai/wan-2.1/i2v-480p",
		Input: map[string]any{"prompt": brief.Motion, "image": still.URL(0), "duration": 5},
	})
	if err != nil {
		return Film{}, err
	}
	film, err := workflows.Generate(ctx, generation.Request{
		Key:   "film",
		Model: "wavespeed-ai/ultimate-video-upscaler",
		Input: map[string]any{"video": clip.URL(0), "target_resolution": "1080p"},
	})
	return Film{Still: still.URL(0), Clip: clip.URL(0), Film: film.URL(0)}, err
}
