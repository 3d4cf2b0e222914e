package models

import (
	"cmp"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/preflight"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

// Provider is the provider with an account's key; "" is the default account.
func Provider(s *session.Session, account string, o wavespeed.Options) (*wavespeed.Client, error) {
	o.APIKey = s.Config.Accounts[cmp.Or(account, generation.DefaultAccount)].APIKey
	o.BaseURL, o.AllowHTTP = s.Config.BaseURL, s.Config.AllowHTTP
	return wavespeed.New(o)
}

// Accounts are the accounts with a key, by name.
func Accounts(s *session.Session) (map[string]preflight.Account, error) {
	accounts := make(map[string]preflight.Account)
	for name, account := range s.Config.Accounts {
		if account.APIKey == "" {
			continue
		}
		provider, err := Provider(s, name, wavespeed.Options{})
		if err != nil {
			return nil, err
		}
		accounts[name] = preflight.Account{Provider: provider, Catalogue: keptCatalogue(cacheDir(s), s.Config.BaseURL, provider.Models)}
	}
	return accounts, nil
}
