package config

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/callback"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/loopback"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/receiver"
	"github.com/wavespeed-temporal/wavespeed-temporal/limits"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
)

// The packages that use a value check it best. Their errors start with their own field names;
// ours name settings.

func checkKey(key string) error {
	if _, err := wavespeed.New(wavespeed.Options{APIKey: key}); err != nil {
		return errors.New("contains a space, a line break or another character that is invalid in a key")
	}
	return nil
}

func checkSecrets(secrets []string) error {
	_, err := receiver.NewKeyring(map[string]webhook.Account{generation.DefaultAccount: {Secrets: secrets}}, wavespeed.Webhooks())
	return errors.Unwrap(err)
}

func readLimits(text string) (limits.Limits, error) {
	read, err := limits.Parse(text)
	return read, errors.Unwrap(err)
}

func checkBaseURL(base string, allowHTTP bool) error {
	_, err := wavespeed.New(wavespeed.Options{APIKey: "any", BaseURL: base, AllowHTTP: allowHTTP})
	return errors.Unwrap(err)
}

func checkPublicURL(base string, allowHTTP bool) error {
	return callback.ValidateBase(base, allowHTTP)
}

// Need says what the settings are for, and so which are required.
type Need struct {
	Worker, Webhook bool
}

// check finds problems that involve several settings.
func (l *loader) check(need Need) {
	c := &l.config
	names := slices.Sorted(maps.Keys(c.Accounts))
	if len(names) == 0 && (need.Worker || need.Webhook) {
		names = []string{generation.DefaultAccount}
	}
	for _, name := range append(names, l.emptyAccounts()...) {
		l.checkAccount(name, need)
	}
	if need.Worker && isLocal(c.PublicURL) && !isLocal(c.BaseURL) {
		l.warn("WEBHOOK_PUBLIC_URL", "WaveSpeed cannot reach %s, so every result is polled after the grace period", c.PublicURL)
	}
}

// emptyAccounts reports accounts without a key or secret.
func (l *loader) emptyAccounts() []string {
	return slices.DeleteFunc(slices.Clone(l.config.accountNames), func(name string) bool {
		_, ok := l.config.Accounts[name]
		return ok
	})
}

func (l *loader) checkAccount(name string, need Need) {
	account, key := l.config.Accounts[name], KeyVariable(name)
	secret := "WAVESPEED_WEBHOOK_SECRET" + suffix(name)
	switch {
	case account.APIKey != "" || l.refused[key] || l.refused[secret]:
	case need.Worker:
		l.wrong(key, key, errors.New("is not set; a worker needs it to submit"))
	case need.Webhook && len(account.Secrets) == 0:
		l.wrong(secret, secret, fmt.Errorf("is not set, and neither is %s, which could fetch it", key))
	}
}

// isLocal reports whether an address is reachable only from this machine.
func isLocal(address string) bool {
	u, err := url.Parse(address)
	return err == nil && loopback.Is(u.Hostname())
}
