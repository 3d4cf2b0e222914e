package activities

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/preflight"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// Options configure the activities. Only Accounts is required.
type Options struct {
	// Accounts are the providers by account name; a wavespeed.Client is one.
	Accounts map[string]provider.Provider

	// WebhookURL returns the URL that the provider should call for a target. Without one,
	// everything is polled. Defaults to none.
	WebhookURL func(context.Context, wire.Target) (string, error)

	// Prices requests the price before each submit, to show it in the Temporal UI and in
	// results. An unavailable price delays nothing. Defaults to false.
	Prices bool

	// ExclusiveKeys declares that only the workers of this Temporal namespace use each
	// account's API key, so that a charge without another owner belongs to a lost submit.
	// Accounts must have different keys then. Defaults to false.
	ExclusiveKeys bool

	// Limits are those of accounts, by name. Defaults to none.
	Limits map[string]wire.Limits

	// Converter returns the data converter of the worker's client. Defaults to the SDK's own.
	Converter func() converter.DataConverter

	// Now is this process's clock. Defaults to time.Now.
	Now func() time.Time
}

// Activities are the activities of this package; create them with [New].
type Activities struct {
	options  Options
	keyless  sync.Map // accounts without a key here that were logged
	accounts map[string]*account
	checked  map[string]preflight.Account
	client   func(context.Context) client.Client
	fence    fence
	refused  refused
	pauses   pauses
	stranded seldom // keepers that were looked at
	told     seldom // keepers that know this worker's limits
	seeds    seeds
	started  time.Time
}

// New creates the activities after checking the options, so that mistakes show when a worker
// starts.
func New(options Options) (*Activities, error) {
	if len(options.Accounts) == 0 {
		return nil, fmt.Errorf("activities: Accounts: needs at least one account")
	}
	options.Accounts = watchAll(options.Accounts)
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Converter == nil {
		options.Converter = converter.GetDefaultDataConverter
	}
	a := &Activities{
		options:  options,
		accounts: make(map[string]*account, len(options.Accounts)),
		checked:  make(map[string]preflight.Account, len(options.Accounts)),
		client:   func(ctx context.Context) client.Client { return activity.GetClient(ctx) },
		seeds:    seeds{now: options.Now},
		started:  options.Now(),
	}
	for name, at := range options.Accounts {
		if at == nil {
			return nil, fmt.Errorf("activities: Accounts[%q]: has no provider", name)
		}
		a.accounts[name] = newAccount(name, at, options)
		a.checked[name] = a.accounts[name].Account
	}
	return a, a.checkExclusive()
}

// checkExclusive rejects two accounts with one key. Workflows report their predictions by
// account, so a charge of one account would seem to have no owner in the other.
func (a *Activities) checkExclusive() error {
	owners := make(map[string]string)
	for _, name := range slices.Sorted(maps.Keys(a.accounts)) {
		key := a.accounts[name].apiKey()
		if other := owners[key]; a.options.ExclusiveKeys && key != "" && other != "" {
			return fmt.Errorf("activities: Accounts[%q]: has the key of account %q; with ExclusiveKeys each account needs its own", name, other)
		}
		owners[key] = name
	}
	return nil
}

// registry is what a worker, a plugin's registry and a test environment have in
// common.
type registry interface {
	RegisterActivityWithOptions(any, activity.RegisterOptions)
}

// Register registers the activities with a worker under their contract names.
func (a *Activities) Register(with registry) {
	for name, f := range map[string]any{
		wire.SubmitName:    a.submit,
		wire.FindName:      a.find,
		wire.AwaitName:     a.await,
		runwire.CheckName:  a.check,
		runwire.RecallName: a.recall,
		wire.ReconcileName: a.reconcile,
	} {
		with.RegisterActivityWithOptions(f, activity.RegisterOptions{Name: name})
	}
	a.prepare()
}
