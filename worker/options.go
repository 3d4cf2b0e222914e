package worker

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"

	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/callback"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/limits"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
)

// Options configure a [Plugin]. Only APIKey, or Accounts, is required.
type Options struct {
	// APIKey is the WaveSpeed API key of the account "default". It stays in this
	// process: no workflow, activity argument or error contains it. Required, unless
	// Accounts has keys or NoActivities is set.
	APIKey string

	// WebhookSecrets are the webhook secrets of the account "default", such as
	// "whsec_…", newest first. Defaults to the one that the provider returns for APIKey.
	WebhookSecrets []string

	// Accounts are further accounts by name; a request chooses one by
	// [generation.Request.Account]. Defaults to none.
	Accounts map[string]Account

	// WebhookURL is the public https address at which [Plugin.Handler] is reached; the
	// provider calls WebhookURL/{address}. Defaults to none: the worker polls.
	WebhookURL string

	// BaseURL is the address of the WaveSpeed API. Defaults to
	// https://api.wavespeed.ai/api/v3.
	BaseURL string

	// AllowHTTP permits plain http for BaseURL and WebhookURL beyond the loopback
	// interface, such as between containers. Defaults to false.
	AllowHTTP bool

	// HTTPClient makes the requests to WaveSpeed, except for submits. Defaults to a
	// client of the plugin's own.
	HTTPClient *http.Client

	// Prices asks for the price before each submit, at the cost of a request. Prices
	// appear in the Temporal UI and in results. Defaults to false.
	Prices bool

	// Limits are what the account "default" may run at once and start per minute. Submits then
	// wait for a slot; see package limits. Give them to every worker of the account, those that
	// only run workflows too. Defaults to none: the provider refuses what is too much, and it is
	// submitted again later.
	Limits limits.Limits

	// ExclusiveKeys declares that only the workers of this Temporal namespace use these
	// API keys: no other program, person or namespace submits with them. A charge that
	// belongs to no other generation then identifies the prediction of a submit whose
	// answer was lost. If the declaration is false, a generation can get the result of
	// somebody else's prediction. Defaults to false.
	ExclusiveKeys bool

	// NoActivities leaves the activities to other workers, such as in a process that only
	// runs workflows or only receives webhooks. API keys are optional then. Defaults to
	// false.
	NoActivities bool

	// VersioningBehavior applies to the registered workflows on a versioned worker.
	// Defaults to pinned: a run ends on the version that started it.
	VersioningBehavior workflow.VersioningBehavior

	// Logger receives the log lines of [Plugin.Handler]; see [webhook.Options.Logger].
	// Activities and workflows log to the client's logger. Defaults to slog.Default().
	Logger *slog.Logger

	// Observe is called with every answer of [Plugin.Handler], for metrics. Defaults to
	// none.
	Observe func(webhook.Answer)
}

// Account is one WaveSpeed account.
type Account struct {
	// APIKey is the account's API key. Required, unless Options.NoActivities is set.
	APIKey string

	// Webhook holds the account's webhook secrets. Its zero value fetches the secret from
	// the provider with APIKey.
	Webhook webhook.Account

	// Limits are what the account may do, as Options.Limits. Defaults to none.
	Limits limits.Limits
}

func (o Options) withDefaults() Options {
	if o.VersioningBehavior == workflow.VersioningBehaviorUnspecified {
		o.VersioningBehavior = workflow.VersioningBehaviorPinned
	}
	return o
}

// allAccounts are Accounts and the account "default".
func (o Options) allAccounts() map[string]Account {
	all := make(map[string]Account, len(o.Accounts)+1)
	if o.APIKey != "" || len(o.WebhookSecrets) > 0 || !o.Limits.IsZero() {
		all[generation.DefaultAccount] = Account{APIKey: o.APIKey, Webhook: webhook.Account{Secrets: o.WebhookSecrets}, Limits: o.Limits}
	}
	maps.Copy(all, o.Accounts)
	return all
}

func (o Options) validate() error {
	if _, twice := o.Accounts[generation.DefaultAccount]; twice && (o.APIKey != "" || len(o.WebhookSecrets) > 0) {
		return fmt.Errorf("worker: Options.Accounts: has %q, whose key or secrets are in Options.APIKey or Options.WebhookSecrets too; give them in one place", generation.DefaultAccount)
	}
	if err := o.validateKeys(); err != nil {
		return err
	}
	if err := o.validateLimits(); err != nil {
		return err
	}
	if o.WebhookURL == "" {
		return nil
	}
	if err := callback.ValidateBase(o.WebhookURL, o.AllowHTTP); err != nil {
		return fmt.Errorf("worker: Options.WebhookURL: %w", err)
	}
	return nil
}

func (o Options) validateLimits() error {
	if err := o.Limits.Validate(); err != nil {
		return fmt.Errorf("worker: Options.Limits.%w", err)
	}
	for name, account := range o.Accounts {
		if err := account.Limits.Validate(); err != nil {
			return fmt.Errorf("worker: Options.Accounts[%q].Limits.%w", name, err)
		}
	}
	return nil
}

// limits are those of all accounts that have any.
func (o Options) limits() map[string]wire.Limits {
	all := make(map[string]wire.Limits)
	for name, account := range o.allAccounts() {
		if !account.Limits.IsZero() {
			all[name] = wire.Limits(account.Limits)
		}
	}
	return all
}

// validateKeys requires a key of every account for which this process submits.
func (o Options) validateKeys() error {
	if o.NoActivities {
		return nil
	}
	const cure = "is empty; give a WaveSpeed API key, or set NoActivities in a process that does not submit"
	if o.APIKey == "" && (len(o.WebhookSecrets) > 0 || len(o.Accounts) == 0) {
		return errors.New("worker: Options.APIKey: " + cure)
	}
	for name, account := range o.Accounts {
		if account.APIKey == "" {
			return fmt.Errorf("worker: Options.Accounts[%q].APIKey: %s", name, cure)
		}
	}
	return nil
}
