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

// The default account.
const (
	DefaultAccount = "default"
	DefaultKey     = "simulator-key"
	DefaultSecret  = "whsec_c2ltdWxhdG9yLXNlY3JldA=="
	DefaultBalance = 1_000_000
)

// Options configures a Server. The zero value is a provider for tests: one account, no limits,
// no faults, predictions of about 20 ms.
type Options struct {
	// Accounts are the known API keys. Defaults to one account with the constants above.
	Accounts []Account

	// Behavior decides what the provider's documentation leaves open.
	Behavior Behavior

	// Catalogue is a file with models that replace the built-in ones, in the format of GET
	// /models of the real provider. Defaults to none.
	Catalogue string

	// Deliveries is how many webhooks are sent concurrently. Defaults to 64.
	Deliveries int

	// Duration is how long every prediction takes, plus or minus a fifth. Defaults to 20 ms if
	// Speed is 0.
	Duration time.Duration

	// Faults are injected from the start; see [Server.Inject].
	Faults []Fault

	// Listen is the address to serve on. Defaults to "127.0.0.1:0", a free port of
	// this machine.
	Listen string

	// Listener replaces Listen, for example with one in memory. Defaults to none.
	Listener net.Listener

	// Logger logs every submit and delivery, at debug level. Defaults to none.
	Logger *slog.Logger

	// Models are added to the catalogue, which contains about thirty of the provider's models.
	Models []Model

	// PublicURL is how clients reach this server: URLs of outputs and uploads start with it.
	// Defaults to http:// and the address it listens on.
	PublicURL string

	// Seed determines the probabilities of faults and the durations of predictions, but not ids
	// and secrets. Defaults to 1.
	Seed uint64

	// Speed makes predictions take their model's real time, divided by Speed: with 1, a video
	// takes minutes. Used if Duration is 0.
	Speed float64

	// State is a directory that keeps predictions and uploads: a later server with the same
	// directory, accounts and models continues with them. Running predictions start again.
	// Faults, behavior and rotated secrets are not kept. Defaults to none: nothing outlives the
	// server.
	State string

	// Transport sends webhooks. Defaults to one that reuses connections.
	Transport http.RoundTripper
}

// Account is one API key with its secret, credit and limits.
type Account struct {
	// Name appears in the ledger. Defaults to [DefaultAccount].
	Name string

	// Key is the API key. Defaults to [DefaultKey]. Charges identify it by the account's name.
	Key string

	// UUID also identifies the key in charges. The default is derived from the account's name.
	UUID string

	// Keys are additional API keys of the account. Defaults to none.
	Keys []AccessKey

	// Secret signs webhooks. Defaults to [DefaultSecret].
	Secret string

	// Balance is the credit in USD. Defaults to [DefaultBalance].
	Balance float64

	// Limits are the limits of a tier. Defaults to none.
	Limits Limits
}

// Limits limit what an account may start. A zero field means no limit.
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
