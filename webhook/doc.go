// Package webhook receives the webhooks of WaveSpeedAI and turns each into a signal
// for the workflow that waits for it.
//
// With the plugin of package worker, use its Handler. A server that must not link the
// workflows uses this package with package webhook/signaler:
//
//	keyring, err := webhook.NewKeyring(map[string]webhook.Account{
//		"default": {Secrets: []string{os.Getenv("WAVESPEED_WEBHOOK_SECRET")}},
//	})
//	…
//	handler, err := webhook.NewHandler(webhook.Options{Keyring: keyring, Signaler: signaler.New(c)})
//	…
//	mux.Handle("/webhooks/wavespeed/", handler)
//
// # Addresses
//
// The last part of the URL is an address: sealed by a [Keyring], it says which
// generation of which workflow a delivery is for, and only a keyring with the same
// keys can make or open it. The provider's signature does not cover the URL, so the
// address must, and does, stand for itself.
//
// # What the handler does
//
// Open the address, read the raw body, verify the signature, parse, signal, answer;
// in this order. It answers 2xx only after Temporal has persisted the signal, and
// keeps nothing in memory, so any number of replicas may run.
//
//	case                                              answer
//	signaled                                          200
//	the workflow has ended, and a rerun may ask       200, once Temporal has persisted it
//	the workflow has ended or is unknown              200, because no retry can help
//	the workflow takes no more signals                200, polling ends it
//	signed, but too old, too new or too large         200, the workflow polls at once
//	the prediction has not ended                      200, ignored
//	Temporal, or the provider's secret, is not there  503 with Retry-After
//	no such address                                   404, as any unknown path
//	signature missing or wrong                        401
//	the body is not a prediction                      400
//	far too large, compressed, not POST, too many     413, 415, 405, 503
//
// # Floods
//
// Nobody without the account's secret reaches Temporal, fills the log, or takes a place
// that genuine deliveries need. One address has four places for bodies that are slow; a
// body that is too slow is cut. Connections are the server's: give it a ReadHeaderTimeout
// and an IdleTimeout of a few seconds, and bound its connections in such a way that idle
// ones make room for new ones, or put a proxy in front that does.
//
// The package knows Temporal only through a [Signaler], and imports no SDK.
package webhook
