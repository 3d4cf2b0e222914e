package config

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/loopback"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
)

// The packages that use a value know best what is wrong with it. Their errors name
// their own fields first, where ours name settings.

func checkKey(key string) error {
	if _, err := wavespeed.New(wavespeed.Options{APIKey: key}); err != nil {
		return errors.New("holds a blank, a line break or another character that no key has")
	}
	return nil
}

func checkSecrets(secrets []string) error {
	_, err := webhook.NewKeyring(map[string]webhook.Account{generation.DefaultAccount: {Secrets: secrets}})
	return errors.Unwrap(err)
}

func checkBaseURL(base string, allowHTTP bool) error {
	_, err := wavespeed.New(wavespeed.Options{APIKey: "any", BaseURL: base, AllowHTTP: allowHTTP})
	return errors.Unwrap(err)
}

func checkPublicURL(base string, allowHTTP bool) error {
	return webhook.ValidateBaseURL(base, allowHTTP)
}

// Need says for what the settings must suffice, beyond being right.
type Need struct {
	Worker, Webhook bool
}

// check looks at what single settings cannot tell.
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
		l.warn("WEBHOOK_PUBLIC_URL", "WaveSpeed cannot reach %s, so that everything is polled after the grace time", c.PublicURL)
	}
}

// emptyAccounts are named and have nothing.
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
		l.wrong(key, key, errors.New("is not set, and a worker needs it to submit"))
	case need.Webhook && len(account.Secrets) == 0:
		l.wrong(secret, secret, fmt.Errorf("is not set, and neither is %s, with which it could be fetched", key))
	}
}

// isLocal tells whether only this machine reaches an address.
func isLocal(address string) bool {
	u, err := url.Parse(address)
	return err == nil && loopback.Is(u.Hostname())
}
