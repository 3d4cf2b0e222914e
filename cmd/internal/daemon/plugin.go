package daemon

import (
	"slices"

	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/config"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
	"github.com/wavespeed-temporal/wavespeed-temporal/worker"
)

// plugIn creates the plugin and adds it to Temporal's client, which passes it to the worker.
func (d *daemon) plugIn() (err error) {
	accounts := make(map[string]worker.Account, len(d.Config.Accounts))
	for name, account := range d.Config.Accounts {
		accounts[name] = worker.Account{APIKey: account.APIKey, Webhook: secrets(account), Limits: account.Limits}
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

// secrets returns an account's webhook secrets. A file is read again if a signature does not
// match. Without secrets, the plugin fetches them from WaveSpeed.
func secrets(account config.Account) webhook.Account {
	if account.SecretFromFile() {
		return webhook.Account{Fetch: account.ReadSecret}
	}
	return webhook.Account{Secrets: account.Secrets}
}
