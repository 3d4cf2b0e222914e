// Package generation defines the types and names that the other packages share: a generation's
// [Request], [Result] and [Status], its errors, and the Temporal names of workflows,
// activities, signals and queries.
//
// A generation is one durable request for a result. WaveSpeedAI runs it as a prediction. A
// generation may need several predictions if failed ones are submitted again.
//
//	still, err := workflows.Generate(ctx, generation.Request{
//		Key:   "still",
//		Model: "wavespeed-ai/flux-dev",
//		Input: map[string]any{"prompt": "a lighthouse in a storm"},
//	})
//	…
//	url := still.URL(0)
//
// Everything here crosses process and language boundaries as JSON, so released names and fields
// never change. The package imports only the standard library.
package generation
