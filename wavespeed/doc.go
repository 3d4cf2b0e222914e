// Package wavespeed is a client of the WaveSpeedAI HTTP API. It submits predictions, reads
// results, lists predictions, uploads media, and reads models, prices, the balance, charges and
// the webhook secret.
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
// It is for callers that do their own retries, such as a Temporal activity.
//
// # One request, one answer
//
// Every method sends one request and reads one response. It retries nothing and follows no
// redirects. WaveSpeed bills every submit that it accepts and has no idempotency key, so
// submits have special rules. Each uses a fresh HTTP/1.1 connection, on which net/http never
// repeats a request. No byte is sent after the context has ended, even if the process was
// suspended and resumed in between.
//
// # One error
//
// Every method fails with an [*Error]. [Error.NotAccepted] reports whether the request
// certainly had no effect: it was never sent, or the provider rejected it. After any other
// error, such as a timeout, a broken connection or a 5xx, that is unknown. Look for the
// prediction before repeating such a submit.
//
// Responses are read tolerantly: every shape that the provider documents or was seen to send is
// accepted, and unknown fields and statuses are not errors. Bodies and times are limited. The
// API key is sent only to the configured host, and never appears in an error.
package wavespeed
