// Package workflows holds the workflow code that makes a generation durable.
//
// [Generate] is a function for anyone's workflow, and itself the registered
// workflow [generation.WorkflowName] for clients, children and other languages:
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
// Many generations may run at once in one workflow, each in its own
// workflow.Go and with its own key.
//
// [ForEach] makes many, some at once; [Fallback] tries other models; [Approve] asks
// people; [WithBudget] caps the cost; [WithEarlier] keeps what an earlier run has paid
// for. Package internal/engine runs pipelines that are written down as data with the same
// functions.
//
// # How a generation runs
//
// An activity submits it, with the address of a webhook. Then the workflow waits
// for the signal that the webhook handler sends. If none has come after a grace
// time, an activity polls the provider until the prediction has ended or the
// deadline is reached; the signal may still win. A prediction that failed for a
// reason that may pass is submitted again if the request allows it.
//
// A submit whose answer was lost is unknown: it may have been billed. The workflow
// then asks webhooks, the provider's list and its charges, and submits again only on
// proof that it was not accepted. What nothing can tell, a person decides, by the update
// [generation.ResolveUpdate].
//
// Signals may come early, late, twice, in any order and from elsewhere. One counts
// only if it repeats a nonce that this generation gave out, which after a workflow
// reset or in a later run of the same workflow id is another, and names the
// prediction that the submit returned.
//
// # What the Temporal UI shows
//
// Activities and timers have summaries; the workflow's current details are a table
// of its generations, unless the workflow sets details of its own. The query
// [generation.StatusQuery] gives the same as data.
//
// Workflows need what the plugin of package worker adds to a worker: its
// interceptor keeps the run's generations together.
package workflows
