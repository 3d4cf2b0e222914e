// Package pipeline is pipelines as data: several generations with their order, written
// down in YAML or JSON (package [pipeline/file] reads them), or made in Go.
//
//	steps:
//	  still: {model: wavespeed-ai/flux-dev, input: {prompt: a lighthouse in a storm}}
//	  clip: {model: wavespeed-ai/wan-2.1/i2v-480p, input: {prompt: waves break, image: "${{ steps.still.output }}"}}
//
// A [Definition] says what is to be done, a [Request] asks for it once, [Start] begins a [Run]
// of it, a [Status] shows how that stands, and a [Result] is what comes of it:
//
//	run, err := pipeline.Start(ctx, c, client.StartWorkflowOptions{TaskQueue: "media"}, pipeline.Request{Pipeline: poster})
//	…
//	result, err := run.Get(ctx)
//
// Programs in other languages start the workflow [WorkflowName] with a request as JSON.
//
// # Expressions
//
// A text in a definition may hold expressions, as "${{ steps.still.output }}": the
// language of github.com/expr-lang/expr, which is typed, has no side effects and always
// ends. What would not give the same for the same values is switched off: the time, and
// the order of maps. They see
//
//   - inputs.NAME;
//   - steps.ID.output and .outputs: the first output and all of them; of a for_each the
//     first output of each item, null where there is none;
//   - steps.ID.state and .error: a [StepState], and the kind of error as in fallback;
//   - steps.ID.items of a for_each: objects with index, key, item, state, error, output and
//     outputs;
//   - steps.ID.comment of an approval, and where it has something to choose of .choice and
//     .output;
//   - item and index inside of a for_each.
//
// A value that is one expression keeps its type; in a longer text values are written out.
//
// # Before any spend
//
// A run first checks its definition: references, types, cycles, and the inputs that it was
// given. Then an activity asks the provider about models, inputs and prices. Whatever is wrong
// is reported at once, as [Problems] with the path of each; package pipeline/file adds line and
// column.
package pipeline
