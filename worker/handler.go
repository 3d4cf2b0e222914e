package worker

import (
	"net/http"

	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/receiver"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/signaler"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
)

// Handler returns the handler that receives the webhooks of the plugin's accounts and
// signals the workflows that wait for them, with the client. Mount it where
// Options.WebhookURL points; the address is the last part of the path:
//
//	mux.Handle("/webhooks/wavespeed/", plugin.Handler(c))
//
// An [http.ServeMux] answers a doubled slash in the path with a redirect, which senders of
// webhooks don't follow. Where a proxy may add slashes, have the server call the handler
// itself for paths with this prefix, before the mux.
//
// Any number of handlers may run, in this process and in others, as long as they have the
// same accounts and secrets. The client must have the namespace and the data converter of the
// workflows. If it has the plugin too, Temporal drops duplicates of a signal.
//
// Handler panics if the plugin has no account: it could not verify anything.
func (p *Plugin) Handler(c client.Client) http.Handler {
	if p.keyring == nil {
		panic("worker: Handler: the plugin has no account; set Options.APIKey, Options.WebhookSecrets or Options.Accounts")
	}
	handler, err := receiver.New(p.keyring, signaler.New(c), webhook.Options{Logger: p.options.Logger, Observe: p.options.Observe})
	if err != nil {
		panic(err) // none of these can be wrong
	}
	return handler
}
