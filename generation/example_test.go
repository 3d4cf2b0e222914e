package generation_test

import (
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

// A workflow that asks for a picture, and does without it if moderation refuses it.
func Example() {
	poster := func(ctx workflow.Context) (string, error) {
		still, err := workflows.Generate(ctx, generation.Request{
			Key:   "still",
			Model: "wavespeed-ai/flux-dev",
			Input: map[string]any{"prompt": "a lighthouse in a storm"},
		})
		if generation.ErrorTypeOf(err) == generation.ErrorTypeContentRejected {
			return "", nil
		}
		url := still.URL(0)
		return url, err
	}
	_ = poster
}
