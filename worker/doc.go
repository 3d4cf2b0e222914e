// Package worker adds generations to a Temporal worker.
//
//	plugin, err := worker.NewPlugin(worker.Options{
//		APIKey:     os.Getenv("WAVESPEED_API_KEY"),
//		WebhookURL: "https://media.example.com/webhooks/wavespeed",
//	})
//	…
//	w := sdkworker.New(c, "media", sdkworker.Options{Plugins: []sdkworker.Plugin{plugin}})
//	w.RegisterWorkflow(Clip)
//	err = w.Run(sdkworker.InterruptCh())
//
// The plugin registers the workflows wavespeed.Generate and wavespeed.Pipeline with their
// activities, and the interceptor that keeps a run's generations together. It goes on the client or on
// the worker, not on both: a client hands its plugins to its workers.
//
// Give the worker a WorkerStopTimeout of at least a minute, so that a deploy does
// not cut a submit between the POST and its record: what is cut is looked for, and
// found, but that takes time.
//
// Without a WebhookURL everything works by polling. With one, webhooks are received
// by package webhook, in this process or in another; both must be given the same
// webhook secrets, or none, to fetch them from the provider.
//
// The plugin serves versioned workers (its workflow is pinned unless
// VersioningBehavior says otherwise), workers of activities or workflows alone,
// replayers and the SDK's test environments.
package worker
