// Package generation is the vocabulary that the other packages share: what a
// generation is asked for ([Request]), what becomes of it ([Result], [Status]),
// the errors it can end in, and the names under which workflows, activities,
// signals and queries are known to Temporal.
//
// A generation is one durable request to its result. WaveSpeedAI runs it as a
// prediction; a generation may need more than one of them, when a failed one is
// submitted again.
//
//	still, err := workflows.Generate(ctx, generation.Request{
//		Key:   "still",
//		Model: "wavespeed-ai/flux-dev",
//		Input: map[string]any{"prompt": "a lighthouse in a storm"},
//	})
//	…
//	url := still.URL(0)
//
// Everything here crosses process and language borders as JSON, so names and
// fields, once released, do not change. The package imports the standard
// library only.
package generation
