package main

import (
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/loopback"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// settings are the flags.
type settings struct {
	listen, publicURL string
	key, secret       string
	balance           float64
	accounts, keys    []string
	catalogue, state  string
	tier, logLevel    string
	speed             float64
	duration          time.Duration
	seed              uint64
	faults            []string
	behavior          wavespeedtest.Behavior
}

func (s *settings) flags(flags *pflag.FlagSet) {
	flags.StringVar(&s.publicURL, "public-url", "", "URL at which clients reach this server, if it is not its own address")
	flags.StringVar(&s.key, "api-key", "", "the API key to accept (env WAVESPEED_API_KEY, default "+wavespeedtest.DefaultKey+")")
	flags.StringVar(&s.secret, "secret", "",
		"secret that signs webhooks (env WAVESPEED_WEBHOOK_SECRET, default "+wavespeedtest.DefaultSecret+")")
	flags.Float64Var(&s.balance, "balance", wavespeedtest.DefaultBalance, "credit of each account, in USD")
	flags.StringArrayVar(&s.accounts, "account", nil, "another account: name=…,key=…,secret=… (repeatable)")
	flags.StringArrayVar(&s.keys, "access-key", nil, "another API key of an account: account=…,name=…,key=…, optionally uuid=… (repeatable)")
	flags.StringVar(&s.catalogue, "catalogue", "", "a file with models that replace the built-in ones, in the format of the real GET /models")
	flags.StringVar(&s.state, "state", "", "a directory that keeps predictions and uploads for the next start (default none)")
	flags.StringVar(&s.tier, "tier", "", "limits of each account: bronze, silver, gold or ultra (default none)")
	flags.Float64Var(&s.speed, "speed", 0, "make predictions take their model's real time, divided by this")
	flags.DurationVar(&s.duration, "duration", 0, "make every prediction take this long (default 2s without --speed)")
	flags.Uint64Var(&s.seed, "seed", 1, "random seed for faults")
	flags.StringArrayVar(&s.faults, "fault", nil, "inject a fault: kind, kind=probability or kind,field=value,… (repeatable; see the command faults)")
	flags.StringVar(&s.logLevel, "log-level", "info", "debug shows every submit and webhook")
	for _, setting := range wavespeedtest.Behaviors {
		flag := flags.VarPF(&behaviorFlag{behavior: &s.behavior, name: setting.Name}, strings.ReplaceAll(setting.Name, "_", "-"), "", setting.Doc)
		if setting.Bool {
			flag.NoOptDefVal = "true"
		}
	}
}

// behaviorFlag is a behavior setting as a flag.
type behaviorFlag struct {
	behavior   *wavespeedtest.Behavior
	name, text string
}

func (f *behaviorFlag) String() string { return f.text }
func (f *behaviorFlag) Type() string   { return "value" }
func (f *behaviorFlag) Set(text string) error {
	f.text = text
	return f.behavior.Set(f.name, text)
}

func (s *settings) options(getenv func(string) string, logs io.Writer) (wavespeedtest.Options, error) {
	options := wavespeedtest.Options{
		Behavior: s.behavior, Catalogue: s.catalogue, Duration: s.duration, Listen: s.listen, PublicURL: s.publicURL, Seed: s.seed, Speed: s.speed,
		State: s.state,
	}
	if options.Duration == 0 && options.Speed == 0 {
		options.Duration = defaultDuration
	}
	var err error
	if options.Logger, err = logger(s.logLevel, logs); err != nil {
		return options, err
	}
	for _, text := range s.faults {
		fault, err := wavespeedtest.ParseFault(text)
		if err != nil {
			return options, fmt.Errorf("--fault: %w", err)
		}
		options.Faults = append(options.Faults, fault)
	}
	options.Accounts, err = s.allAccounts(getenv)
	return options, err
}

// allAccounts returns the default account and those from --account, with the same limits.
func (s *settings) allAccounts(getenv func(string) string) ([]wavespeedtest.Account, error) {
	limits, known := map[string]wavespeedtest.Limits{
		"": {}, "bronze": wavespeedtest.Bronze, "silver": wavespeedtest.Silver, "gold": wavespeedtest.Gold, "ultra": wavespeedtest.Ultra,
	}[strings.ToLower(s.tier)]
	if !known {
		return nil, fmt.Errorf("--tier: %q is not one of bronze, silver, gold and ultra", s.tier)
	}
	// The daemon takes several secrets; the provider signs with one.
	secret, _, _ := strings.Cut(getenv("WAVESPEED_WEBHOOK_SECRET"), ",")
	accounts := []wavespeedtest.Account{{Key: first(s.key, getenv("WAVESPEED_API_KEY")), Secret: first(s.secret, strings.TrimSpace(secret))}}
	for _, text := range s.accounts {
		account, err := parseAccount(text)
		if err != nil {
			return nil, err
		}
		accounts = append(accounts, account)
	}
	for i := range accounts {
		accounts[i].Balance, accounts[i].Limits = s.balance, limits
	}
	return accounts, s.addKeys(accounts)
}

// addKeys adds the keys from --access-key to accounts. Errors don't repeat them.
func (s *settings) addKeys(accounts []wavespeedtest.Account) error {
	for _, text := range s.keys {
		account := wavespeedtest.DefaultAccount
		var key wavespeedtest.AccessKey
		err := parsePairs(text, map[string]*string{"account": &account, "name": &key.Name, "key": &key.Key, "uuid": &key.UUID})
		if err != nil {
			return fmt.Errorf("--access-key: %w", err)
		}
		i := slices.IndexFunc(accounts, func(a wavespeedtest.Account) bool { return first(a.Name, wavespeedtest.DefaultAccount) == account })
		if i < 0 {
			return fmt.Errorf("--access-key: there is no account %q", account)
		}
		accounts[i].Keys = append(accounts[i].Keys, key)
	}
	return nil
}

// parsePairs parses name=value,… into the fields. Errors don't repeat values.
func parsePairs(text string, fields map[string]*string) error {
	for _, pair := range strings.Split(text, ",") {
		name, value, _ := strings.Cut(pair, "=")
		field := fields[name]
		if field == nil {
			return fmt.Errorf("%q is not one of %s", name, strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
		}
		*field = value
	}
	return nil
}

// parseAccount doesn't repeat its argument in errors, because it contains a key.
func parseAccount(text string) (wavespeedtest.Account, error) {
	var account wavespeedtest.Account
	err := parsePairs(text, map[string]*string{"name": &account.Name, "key": &account.Key, "secret": &account.Secret})
	if err != nil {
		return account, fmt.Errorf("--account: %w", err)
	}
	if account.Name == "" || account.Key == "" || account.Secret == "" {
		return account, fmt.Errorf("--account: name, key and secret are required")
	}
	return account, nil
}

func first(values ...string) string {
	for _, value := range values {
		if value != "" {
			return value
		}
	}
	return ""
}

// dialable returns the address at which this machine reaches a listener.
func dialable(listen string) (string, error) {
	address, err := loopback.Dial(listen)
	if err != nil {
		return "", fmt.Errorf("--listen: %w", err)
	}
	_, port, _ := net.SplitHostPort(address)
	if number, err := strconv.Atoi(port); err != nil || number < 1 {
		return "", fmt.Errorf("--listen: %q is not a port", port)
	}
	return address, nil
}
