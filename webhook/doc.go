// Package webhook describes how the webhooks of WaveSpeedAI are received: each becomes a signal
// for the workflow that waits for it.
//
// With the plugin of package worker, use its Handler. A server that must not link the
// workflows makes the same handler with package webhook/signaler:
//
//	handler, err := signaler.NewHandler(c, webhook.Options{Accounts: map[string]webhook.Account{
//		"default": {Secrets: []string{os.Getenv("WAVESPEED_WEBHOOK_SECRET")}},
//	}})
//	…
//	mux.Handle("/webhooks/wavespeed/", handler)
//
// [Verify] is for a program with a handler of its own.
//
// # Addresses
//
// The last part of the URL is an address, which workers seal with a key of the account. It
// identifies the generation and workflow that a delivery is for, and only a handler with the
// same keys can open it. The provider's signature does not cover the URL, so the address
// authenticates itself.
//
// # What the handler does
//
// The handler opens the address, reads the raw body, verifies the signature, parses, signals
// and answers, in this order. It answers 2xx only after Temporal has persisted the signal. It
// keeps no state in memory, so any number of replicas may run.
//
//	case                                              answer
//	signaled                                          200
//	the workflow has ended, and a rerun may ask       200, once Temporal has persisted it
//	the workflow has ended or is unknown              200, because no retry can help
//	the workflow takes no more signals                200, polling ends it
//	signed, but too old, too new or too large         200, the workflow polls immediately
//	the prediction has not ended                      200, ignored
//	Temporal or the provider's secret is unavailable   503 with Retry-After
//	no such address                                   404, as any unknown path
//	signature missing or wrong                        401
//	the body is not a prediction                      400
//	far too large, compressed, not POST, too many     413, 415, 405, 503
//
// # Floods
//
// Without the account's secret, nobody can reach Temporal, fill the log, or use a slot that
// genuine deliveries need. Each address has four slots for slow bodies; a body that is too slow
// is cut off. Connections are up to your server. Set a ReadHeaderTimeout and an IdleTimeout of
// a few seconds, and limit its connections so that idle ones make room for new ones, or use a
// proxy that does.
package webhook
