package daemon

import (
	"slices"

	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/config"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
	"github.com/wavespeed-temporal/wavespeed-temporal/worker"
)

// plugIn makes the plugin and gives it to Temporal's client, which hands it to the worker.
func (d *daemon) plugIn() (err error) {
	accounts := make(map[string]worker.Account, len(d.Config.Accounts))
	for name, account := range d.Config.Accounts {
		accounts[name] = worker.Account{APIKey: account.APIKey, Webhook: secrets(account)}
	}
	d.plugin, err = worker.NewPlugin(worker.Options{
		Accounts:      accounts,
		WebhookURL:    d.Config.PublicURL,
		BaseURL:       d.Config.BaseURL,
		AllowHTTP:     d.Config.AllowHTTP,
		Prices:        d.Config.Prices,
		ExclusiveKeys: d.Config.ExclusiveKeys,
		NoActivities:  !d.Worker,
		Logger:        d.Logger,
		Observe:       d.metrics.Observe,
	})
	d.Temporal.Plugins = append(slices.Clip(d.Temporal.Plugins), client.Plugin(d.plugin))
	return err
}

// secrets are the webhook secrets that an account was given. A file is read again when a
// signature does not match; without any, the plugin fetches them from WaveSpeed.
func secrets(account config.Account) webhook.Account {
	if account.SecretFromFile() {
		return webhook.Account{Fetch: account.ReadSecret}
	}
	return webhook.Account{Secrets: account.Secrets}
}
