// Package pipeline represents pipelines as data: generations and their order, written in YAML
// or JSON (package [pipeline/file] reads them) or built in Go.
//
//	steps:
//	  still: {model: wavespeed-ai/flux-dev, input: {prompt: a lighthouse in a storm}}
//	  clip: {model: wavespeed-ai/wan-2.1/i2v-480p, input: {prompt: waves break, image: "${{ steps.still.output }}"}}
//
// A [Definition] describes a pipeline, a [Request] requests one execution, [Start] starts a
// [Run] of it, a [Status] shows its progress, and a [Result] is its outcome:
//
//	run, err := pipeline.Start(ctx, c, client.StartWorkflowOptions{TaskQueue: "media"}, pipeline.Request{Pipeline: poster})
//	…
//	result, err := run.Get(ctx)
//
// Programs in other languages start the workflow [WorkflowName] with a request as JSON.
//
// # Expressions
//
// Strings in a definition may contain expressions, such as "${{ steps.still.output }}". They
// use the language of github.com/expr-lang/expr, which is typed, has no side effects and always
// terminates. Nondeterministic functions are disabled: the time, and the order of maps.
// Expressions can use
//
//   - inputs.NAME;
//   - steps.ID.output and .outputs: the first output and all of them; of a for_each the
//     first output of each item, null where there is none;
//   - steps.ID.state and .error: a [State], and the kind of error as in fallback;
//   - steps.ID.items of a for_each: objects with index, key, item, state, error, output and
//     outputs;
//   - steps.ID.comment of an approval, and where it has something to choose of .choice and
//     .output;
//   - item and index inside of a for_each.
//
// A value that is a single expression keeps its type; inside a longer string, values are
// converted to text.
//
// # Before any spend
//
// A run first checks its definition (references, types, cycles) and its inputs. Then an
// activity checks models, inputs and prices with the provider. All problems are reported
// together, as [Problems] with the path of each; package pipeline/file adds line and column.
package pipeline
