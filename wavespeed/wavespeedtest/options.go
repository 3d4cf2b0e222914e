package wavespeedtest

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Of the account that stands where none is given.
const (
	DefaultAccount = "default"
	DefaultKey     = "simulator-key"
	DefaultSecret  = "whsec_c2ltdWxhdG9yLXNlY3JldA=="
	DefaultBalance = 1_000_000
)

// Options configures a Server. Its zero value is a provider for tests: one account,
// no limits, no faults, predictions of some 20 ms.
type Options struct {
	// Accounts are the API keys that are known. Defaults to one with the
	// constants above.
	Accounts []Account

	// Behavior decides what the provider's documentation leaves open.
	Behavior Behavior

	// Catalogue is a file with the models in place of the built-in ones, as GET /models
	// of the real provider answers it. Defaults to none.
	Catalogue string

	// Deliveries is how many webhooks are sent at once. Defaults to 64.
	Deliveries int

	// Duration is how long every prediction takes, give or take a fifth. Defaults
	// to 20 ms where Speed is 0.
	Duration time.Duration

	// Faults are injected from the start; see [Server.Inject].
	Faults []Fault

	// Listen is the address to serve on. Defaults to "127.0.0.1:0", a free port of
	// this machine.
	Listen string

	// Listener is served in place of Listen, for instance one in memory. Defaults to none.
	Listener net.Listener

	// Logger is told of every submit and delivery, at debug level. Defaults to none.
	Logger *slog.Logger

	// Models are added to the catalogue, which holds some thirty of the provider's.
	Models []Model

	// PublicURL is how clients reach this server: outputs and uploads are below it.
	// Defaults to http:// and the address it listens on.
	PublicURL string

	// Seed is where the probabilities of faults and the lengths of predictions come
	// from. Ids and secrets do not. Defaults to 1.
	Seed uint64

	// Speed makes predictions take their model's real time, divided by it: 1 is
	// minutes for a video. Used where Duration is 0.
	Speed float64

	// State is a directory in which predictions and uploads are kept: a later server with the
	// same directory, accounts and models continues with them. What ran begins again. Faults,
	// behavior and rotated secrets are not kept. Defaults to none: all ends with the server.
	State string

	// Transport sends webhooks. Defaults to one that keeps connections.
	Transport http.RoundTripper
}

// Account is one API key with its secret, credit and limits.
type Account struct {
	// Name appears in the ledger. Defaults to [DefaultAccount].
	Name string

	// Key is the API key. Defaults to [DefaultKey]. Charges call it by the account's
	// name.
	Key string

	// UUID is what charges call the key as well. Defaults to one that depends on the
	// account's name.
	UUID string

	// Keys are further API keys of the account. Defaults to none.
	Keys []AccessKey

	// Secret signs webhooks. Defaults to [DefaultSecret].
	Secret string

	// Balance is the credit in USD. Defaults to [DefaultBalance].
	Balance float64

	// Limits are the tier's. Defaults to none.
	Limits Limits
}

// Limits bound what an account may start. A zero field is not a limit.
type Limits struct {
	ImagesPerMinute int `json:"images_per_minute,omitempty"`
	VideosPerMinute int `json:"videos_per_minute,omitempty"`
	Concurrent      int `json:"concurrent,omitempty"`
}

// The tiers, as last seen in the provider's documentation.
var (
	Bronze = Limits{ImagesPerMinute: 2, VideosPerMinute: 2, Concurrent: 2}
	Silver = Limits{ImagesPerMinute: 500, VideosPerMinute: 500, Concurrent: 300}
	Gold   = Limits{ImagesPerMinute: 3000, VideosPerMinute: 3000, Concurrent: 3000}
	Ultra  = Limits{ImagesPerMinute: 5000, VideosPerMinute: 5000, Concurrent: 10000}
)

func (o Options) withDefaults() Options {
	if len(o.Accounts) == 0 {
		o.Accounts = []Account{{}}
	}
	accounts := make([]Account, len(o.Accounts))
	for i, account := range o.Accounts {
		accounts[i] = account.withDefaults()
	}
	o.Accounts = accounts
	o.Behavior = o.Behavior.withDefaults()
	if o.Deliveries == 0 {
		o.Deliveries = 64
	}
	if o.Duration == 0 && o.Speed == 0 {
		o.Duration = 20 * time.Millisecond
	}
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Seed == 0 {
		o.Seed = 1
	}
	return o
}

func (a Account) withDefaults() Account {
	if a.Name == "" {
		a.Name = DefaultAccount
	}
	if a.Key == "" {
		a.Key = DefaultKey
	}
	if a.Secret == "" {
		a.Secret = DefaultSecret
	}
	if a.Balance == 0 {
		a.Balance = DefaultBalance
	}
	return a
}

func validateAccounts(accounts []Account) error {
	names, secrets := map[string]bool{}, map[string]bool{}
	for _, a := range accounts {
		if names[a.Name] {
			return fmt.Errorf("Options.Accounts: two are named %q", a.Name)
		}
		names[a.Name] = true
		keys := map[string]bool{}
		for _, key := range a.allKeys() {
			switch {
			case key.Name == "" || key.Key == "":
				return fmt.Errorf("Options.Accounts: %q has an access key without a name or a key", a.Name)
			case keys[key.Name]:
				return fmt.Errorf("Options.Accounts: %q has two access keys named %q", a.Name, key.Name)
			case secrets[key.Key]:
				return fmt.Errorf("Options.Accounts: %q has the key of another", a.Name)
			}
			keys[key.Name], secrets[key.Key] = true, true
		}
	}
	return nil
}

func (o Options) validate() error {
	if err := validateAccounts(o.Accounts); err != nil {
		return err
	}
	switch {
	case o.Deliveries < 0:
		return errors.New("Options.Deliveries is negative")
	case o.Duration < 0:
		return errors.New("Options.Duration is negative")
	case o.Speed < 0:
		return errors.New("Options.Speed is negative")
	}
	if o.PublicURL != "" {
		u, err := url.Parse(o.PublicURL)
		if err != nil || u.Host == "" || u.RawQuery != "" || !strings.HasPrefix(u.Scheme, "http") {
			return errors.New("Options.PublicURL is not an http(s) URL without a query")
		}
	}
	return o.Behavior.validate()
}
