// Package worker adds generations to a Temporal worker and to an HTTP server. One plugin
// serves both, with the same accounts and webhook secrets:
//
//	plugin, err := worker.NewPlugin(worker.Options{
//		APIKey:     os.Getenv("WAVESPEED_API_KEY"),
//		WebhookURL: "https://media.example.com/webhooks/wavespeed",
//	})
//	if err != nil {
//		return err
//	}
//	c, err := client.Dial(client.Options{Plugins: []client.Plugin{plugin}})
//	if err != nil {
//		return err
//	}
//	defer c.Close()
//	w := sdkworker.New(c, "media", sdkworker.Options{WorkerStopTimeout: 70 * time.Second})
//	w.RegisterWorkflow(Clip)
//
//	http.Handle("/webhooks/wavespeed/", plugin.Handler(c))
//
// The plugin registers the workflows wavespeed.Generate and wavespeed.Pipeline with their
// activities, and the interceptor that keeps a run's generations together.
//
// Put the plugin on the client or on the worker, not on both: a client hands its plugins to
// its workers. On the client it also lets Temporal drop duplicates of a webhook. On a worker
// alone:
//
//	w := sdkworker.New(c, "media", sdkworker.Options{Plugins: []sdkworker.Plugin{plugin}})
//
// Worker and handler may run in different processes, each with a plugin of its own. Give
// both the same accounts and webhook secrets, or none, to fetch the secrets from the
// provider. A process that only receives webhooks needs no API key:
//
//	plugin, err := worker.NewPlugin(worker.Options{
//		NoActivities:   true,
//		WebhookSecrets: []string{os.Getenv("WAVESPEED_WEBHOOK_SECRET")},
//	})
//
// Without a WebhookURL everything works by polling.
//
// Give the worker a WorkerStopTimeout of at least 70 seconds, so that a deploy does not cut
// off a submit between the POST and its record: such a submit is searched for and found, but
// that takes time. Shut the HTTP server down first, then stop the worker, then close the
// client; examples/embed does that.
//
// The plugin supports versioned workers (its workflows are pinned unless VersioningBehavior
// says otherwise), workers with only activities or only workflows, and replayers. Tests of
// your own workflows don't need it: see package workflows/workflowstest.
package worker
