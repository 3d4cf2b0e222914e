// Package workflows contains the workflow code that makes a generation durable.
//
// [Generate] is a function for your own workflows. It is also the registered workflow
// [generation.WorkflowName] for clients, children and other languages:
//
//	func Clip(ctx workflow.Context, prompt string) (string, error) {
//		still, err := workflows.Generate(ctx, generation.Request{
//			Key:   "still",
//			Model: "wavespeed-ai/flux-dev",
//			Input: map[string]any{"prompt": prompt},
//		})
//		if err != nil {
//			return "", err
//		}
//		clip, err := workflows.Generate(ctx, generation.Request{
//			Key:   "clip",
//			Model: "wavespeed-ai/wan-2.1/i2v-480p",
//			Input: map[string]any{"prompt": prompt, "image": still.URL(0)},
//		})
//		return clip.URL(0), err
//	}
//
// A workflow may run many generations concurrently, each in its own workflow.Go and with its
// own key.
//
// [ForEach] runs many, several concurrently. [Fallback] tries other models, [Approve] asks
// people, [WithBudget] limits the cost, and [WithEarlier] keeps the paid results of an earlier
// run. Package internal/engine uses the same functions to run pipelines written as data.
//
// # How a generation runs
//
// An activity submits it, with a webhook address. Then the workflow waits for the signal from
// the webhook handler. If none arrives within a grace period, an activity polls the provider
// until the prediction has ended or the deadline passes; the signal may still arrive first. A
// prediction that failed for a temporary reason is submitted again if the request allows it.
//
// A submit whose response was lost is unknown: it may have been billed. The workflow then
// consults webhooks, the provider's list and its charges, and submits again only with proof
// that the submit was not accepted. If nothing can tell, a person decides, by the update
// [generation.ResolveUpdate].
//
// Signals may arrive early, late, repeatedly, in any order and from elsewhere. One counts only
// if it repeats a nonce of this generation and names the prediction that the submit returned.
// Nonces change after a workflow reset and in a later run of the same workflow id.
//
// # What the Temporal UI shows
//
// Activities and timers have summaries. The workflow's current details are a table of its
// generations, unless the workflow sets its own details. The query [generation.StatusQuery]
// returns the same as data.
//
// Workflows need the plugin of package worker: its interceptor keeps track of the run's
// generations.
package workflows
