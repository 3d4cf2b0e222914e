// Package workflowstest tests workflows that generate, in the SDK's test environment, with a
// provider in memory: no key, no server, no HTTP and no waiting.
//
//	func TestClip(t *testing.T) {
//		env := new(testsuite.WorkflowTestSuite).NewTestWorkflowEnvironment()
//		provider := workflowstest.NewProvider(t, env)
//		env.ExecuteWorkflow(clip.Clip, clip.Brief{Scene: "a lighthouse", Motion: "waves"})
//
//		require.NoError(t, env.GetWorkflowError())
//		require.Len(t, provider.Requests(), 3)
//		require.Equal(t, "https://outputs.test/still", provider.Requests()[1].Input["image"])
//	}
//
// Everything that is submitted completes, with one output. [Provider.On] says otherwise for a
// model and an input:
//
//	provider.On("wavespeed-ai/flux-dev", nil, workflowstest.Outputs("https://cdn.example.com/still.png"))
//	provider.On("wavespeed-ai/flux-dev", map[string]any{"prompt": "nothing"}, workflowstest.Failed(generation.ErrContentRejected, "flagged"))
//
// [Provider.Requests] lists what was submitted.
//
// # What is real
//
// The workflow code of package workflows and of pipelines runs as in production; the provider
// stands in for the activities and the webhooks. Results arrive as webhooks, after the time of
// [Answer.After], in the environment's time, which skips: a video of ten minutes takes none.
// So timeouts, deadlines, cancellation, budgets and approvals behave as they do in production.
//
// The workflows wavespeed.Generate and wavespeed.Pipeline are registered, so that child
// workflows and whole pipelines can be tested as well. A pipeline's check finds nothing wrong
// and estimates nothing.
//
// # With the environment's own mocks
//
// NewProvider registers the activities, so env.OnActivity("wavespeed.Submit", …) works after it.
// A mock may return the errors of [SubmitError], and no others. Don't give the plugin of package
// worker to the same environment: it would register the real activities.
package workflowstest
