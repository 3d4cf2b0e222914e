package worker

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"go.temporal.io/sdk/converter"

	"github.com/wavespeed-temporal/wavespeed-temporal/activities"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/callback"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/receiver"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
)

// clients are those of the accounts that have an API key.
func (o Options) clients() (map[string]*wavespeed.Client, error) {
	clients := make(map[string]*wavespeed.Client)
	for name, account := range o.allAccounts() {
		if account.APIKey == "" {
			continue
		}
		client, err := wavespeed.New(wavespeed.Options{APIKey: account.APIKey, BaseURL: o.BaseURL, HTTPClient: o.HTTPClient, AllowHTTP: o.AllowHTTP})
		if err != nil {
			return nil, o.named(name, err)
		}
		clients[name] = client
	}
	return clients, nil
}

// named says which of these options a package objects to that has options of its own.
func (o Options) named(account string, err error) error {
	text := strings.TrimPrefix(err.Error(), "wavespeed: ")
	text = strings.TrimPrefix(text, "Options.")
	if _, further := o.Accounts[account]; further && strings.HasPrefix(text, "APIKey") {
		return fmt.Errorf("worker: Options.Accounts[%q].%s", account, text)
	}
	return errors.New("worker: Options." + text)
}

// keyring holds the webhook secrets of all accounts; nil without any. An account that has only
// limits is that of a worker that only runs workflows.
func (o Options) keyring(clients map[string]*wavespeed.Client) (*receiver.Keyring, error) {
	accounts := make(map[string]webhook.Account)
	for name, account := range o.allAccounts() {
		secrets, client := account.Webhook, clients[name]
		none := len(secrets.Secrets) == 0 && secrets.Fetch == nil
		switch {
		case none && client != nil:
			secrets.Fetch = client.WebhookSecret
		case none && o.NoActivities && !account.Limits.IsZero():
			continue
		}
		if _, err := receiver.NewKeyring(map[string]webhook.Account{name: secrets}, wavespeed.Webhooks()); err != nil {
			return nil, fmt.Errorf("worker: %s: %w", o.secretsField(name), errors.Unwrap(err))
		}
		accounts[name] = secrets
	}
	if len(accounts) == 0 {
		return nil, nil
	}
	return receiver.NewKeyring(accounts, wavespeed.Webhooks())
}

// secretsField names the field that holds an account's secrets.
func (o Options) secretsField(account string) string {
	if _, further := o.Accounts[account]; further {
		return fmt.Sprintf("Options.Accounts[%q].Webhook", account)
	}
	return "Options.WebhookSecrets"
}

// newActivities returns nil where other workers have them.
func (o Options) newActivities(clients map[string]*wavespeed.Client, keyring *receiver.Keyring, dataConverter func() converter.DataConverter) (*activities.Activities, error) {
	if o.NoActivities {
		return nil, nil
	}
	providers := make(map[string]provider.Provider, len(clients))
	for name, client := range clients {
		providers[name] = client
	}
	options := activities.Options{Accounts: providers, Prices: o.Prices, ExclusiveKeys: o.ExclusiveKeys, Limits: o.limits(), Converter: dataConverter}
	if o.WebhookURL != "" {
		options.WebhookURL = func(ctx context.Context, target wire.Target) (string, error) {
			address, err := keyring.Seal(ctx, target)
			if err != nil {
				return "", err
			}
			return callback.URL(o.WebhookURL, address), nil
		}
	}
	return activities.New(options)
}
