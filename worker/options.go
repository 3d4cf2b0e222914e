package worker

import (
	"context"
	"fmt"
	"net/http"

	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/activities"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
)

// Options say with which accounts to generate and where webhooks arrive. APIKey or
// Accounts is all that must be set.
type Options struct {
	// APIKey is the WaveSpeed API key of the account "default". It stays in this
	// process: no workflow, activity argument or error holds it.
	APIKey string

	// Accounts are API keys by account name, where there are several; a request
	// chooses by [generation.Request.Account]. Defaults to APIKey alone.
	Accounts map[string]string

	// WebhookURL is the public https address under which package webhook's handler
	// is reached; the provider calls WebhookURL/{address}. Defaults to none:
	// everything is polled.
	WebhookURL string

	// Keyring seals the addresses of webhooks. It must hold the same accounts and
	// secrets as the handler's. Defaults to one that fetches each account's webhook
	// secret from the provider.
	Keyring *webhook.Keyring

	// AllowHTTP permits plain http for BaseURL and WebhookURL beyond the loopback
	// interface, as between containers. Defaults to false.
	AllowHTTP bool

	// BaseURL is where the WaveSpeed API is. Defaults to [wavespeed.DefaultBaseURL].
	BaseURL string

	// HTTPClient carries requests other than submits. Defaults to one of the
	// client's own.
	HTTPClient *http.Client

	// Prices has each submit's price asked for beforehand, to be seen in the
	// Temporal UI and in results, at the cost of a request. Defaults to false.
	Prices bool

	// ExclusiveKeys declares that each API key is used by the workers of this Temporal
	// namespace alone: no other program, person or namespace submits with it. Then a charge
	// that is nobody else's tells which prediction a lost submit got. If that is not so, a
	// generation can be given another's prediction. Defaults to false.
	ExclusiveKeys bool

	// WorkflowsOnly leaves the activities to other workers: no key is needed.
	// Defaults to false.
	WorkflowsOnly bool

	// VersioningBehavior is that of the registered workflows on a versioned worker.
	// Defaults to pinned: a run ends on the version that began it.
	VersioningBehavior workflow.VersioningBehavior
}

func (o Options) withDefaults() Options {
	if o.VersioningBehavior == workflow.VersioningBehaviorUnspecified {
		o.VersioningBehavior = workflow.VersioningBehaviorPinned
	}
	if o.APIKey != "" && len(o.Accounts) == 0 {
		o.Accounts = map[string]string{generation.DefaultAccount: o.APIKey}
	}
	return o
}

func (o Options) validate() error {
	if o.WorkflowsOnly {
		return nil
	}
	if len(o.Accounts) == 0 {
		return fmt.Errorf("worker: APIKey: is empty; give a WaveSpeed API key, or set WorkflowsOnly for a worker without activities")
	}
	if o.APIKey != "" && o.Accounts[generation.DefaultAccount] != o.APIKey {
		return fmt.Errorf("worker: APIKey: Accounts has another key, or none, for the account %q; give the key in one place", generation.DefaultAccount)
	}
	if o.WebhookURL == "" {
		return nil
	}
	if err := webhook.ValidateBaseURL(o.WebhookURL, o.AllowHTTP); err != nil {
		return fmt.Errorf("worker: WebhookURL: %w", err)
	}
	return nil
}

// activities makes the activities, or none for a worker of workflows alone.
func (o Options) activities() (*activities.Activities, error) {
	if o.WorkflowsOnly {
		return nil, nil
	}
	clients, err := o.clients()
	if err != nil {
		return nil, err
	}
	webhookURL, err := o.webhookURL(clients)
	if err != nil {
		return nil, err
	}
	providers := make(map[string]activities.Provider, len(clients))
	for name, client := range clients {
		providers[name] = client
	}
	return activities.New(activities.Options{
		Accounts: providers, WebhookURL: webhookURL, Prices: o.Prices, ExclusiveKeys: o.ExclusiveKeys,
	})
}

func (o Options) clients() (map[string]*wavespeed.Client, error) {
	clients := make(map[string]*wavespeed.Client, len(o.Accounts))
	for name, key := range o.Accounts {
		client, err := wavespeed.New(wavespeed.Options{APIKey: key, BaseURL: o.BaseURL, HTTPClient: o.HTTPClient, AllowHTTP: o.AllowHTTP})
		if err != nil {
			return nil, fmt.Errorf("worker: account %q: %w", name, err)
		}
		clients[name] = client
	}
	return clients, nil
}

// webhookURL makes addresses, or is nil when everything is polled.
func (o Options) webhookURL(clients map[string]*wavespeed.Client) (func(context.Context, generation.Target) (string, error), error) {
	if o.WebhookURL == "" {
		return nil, nil
	}
	keyring := o.Keyring
	if keyring == nil {
		accounts := make(map[string]webhook.Account, len(clients))
		for name, client := range clients {
			accounts[name] = webhook.Account{Fetch: client.WebhookSecret}
		}
		var err error
		if keyring, err = webhook.NewKeyring(accounts); err != nil {
			return nil, fmt.Errorf("worker: %w", err)
		}
	}
	return func(ctx context.Context, target generation.Target) (string, error) {
		address, err := keyring.Seal(ctx, target)
		if err != nil {
			return "", err
		}
		return webhook.URL(o.WebhookURL, address), nil
	}, nil
}
