// Package workflowstest tests workflows with generations in the SDK's test environment, with an
// in-memory provider: no key, no server, no HTTP and no waiting.
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
// By default, every submit completes with one output. Use [Provider.On] to change that for a
// model and an input:
//
//	provider.On("wavespeed-ai/flux-dev", nil, workflowstest.Outputs("https://cdn.example.com/still.png"))
//	provider.On("wavespeed-ai/flux-dev", map[string]any{"prompt": "nothing"}, workflowstest.Failed(generation.ErrorTypeContentRejected, "flagged"))
//
// [Provider.Requests] lists what was submitted.
//
// # What is real
//
// The workflow code of package workflows and of pipelines runs as in production; the provider
// replaces the activities and the webhooks. Results arrive as webhooks after the time set by
// [Answer.After]. The environment skips time, so a ten-minute video takes none. Timeouts,
// deadlines, cancellation, budgets and approvals behave as in production.
//
// The workflows wavespeed.Generate and wavespeed.Pipeline are registered, so you can test child
// workflows and whole pipelines too. A pipeline's check finds no problems and estimates
// nothing.
//
// # With the environment's own mocks
//
// NewProvider registers the activities, so env.OnActivity("wavespeed.Submit", …) works after it.
// A mock may return the errors of [SubmitError], and no others. Don't give the plugin of package
// worker to the same environment: it would register the real activities.
package workflowstest
