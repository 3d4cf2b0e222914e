// Package wavespeed is a client of the WaveSpeedAI HTTP API: submit a prediction,
// read its result, list and delete predictions, ask for models, prices, the
// balance, charges, usage and the webhook secret, upload media.
//
//	client, err := wavespeed.New(wavespeed.Options{APIKey: wavespeedtest.DefaultKey, BaseURL: provider.URL()})
//	…
//	prediction, err := client.Submit(ctx, wavespeed.SubmitRequest{
//		Model: "wavespeed-ai/flux-dev",
//		Input: map[string]any{"prompt": "a lighthouse in a storm"},
//	})
//	…
//	prediction, err = client.Result(ctx, prediction.ID)
//
// It is made for callers that own the retries, as a Temporal activity does.
//
// # One request, one answer
//
// Every method sends one request and reads one answer. Nothing is tried again, no
// redirect is followed. WaveSpeed bills every submit that it accepts and knows no
// idempotency key, so a submit has its own rules: a fresh HTTP/1.1 connection
// each, over which net/http never repeats a request; and no byte of it leaves
// once its context has ended, not even from a process that was stopped in between
// and continued later.
//
// # One error
//
// Every method fails with an [*Error]. [Error.NotAccepted] tells whether the
// request surely had no effect: it was never sent, or the provider refused it.
// Everything else, such as a timeout, a broken connection or any 5xx, leaves that
// open, and a submit must then be looked for before it is repeated.
//
// Answers are read tolerantly: every shape that the provider documents or was
// seen to send is taken, unknown fields and statuses are not errors. Bodies and
// times are bounded. The API key goes to the configured host only, and never into
// an error.
package wavespeed
