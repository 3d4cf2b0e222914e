package activities

import (
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/preflight"
)

// account is one provider with what this process has learned of it.
type account struct {
	preflight.Account
	name      string
	provider  Provider
	exclusive bool

	memory memory
	made   made
	offset offset
	names  names // in the list
	billed names // in the charges
	keys   keys
	seen   sightings // of predictions that may be a lost submit's
	ended  sightings // of those that had ended
	asked  asked
	reader reader

	identities identities
}

func newAccount(name string, provider Provider, options Options) *account {
	now := options.Now
	a := &account{
		Account:   preflight.Account{Provider: provider, Catalogue: preflight.NewCatalogue(provider.Models)},
		name:      name,
		provider:  provider,
		exclusive: options.ExclusiveKeys,
		offset:    offset{now: now, anchor: now()},
		names:     names{now: now},
		billed:    names{now: now},
		ended:     sightings{now: now},
		seen:      sightings{now: now},
		asked:     newAsked(now),
	}
	a.reader = reader{provider: provider, now: now}
	return a
}

// apiKey is the fingerprint of the account's key; "" if the provider tells none.
func (a *account) apiKey() string {
	if key, ok := a.provider.(interface{ KeyFingerprint() string }); ok {
		return key.KeyFingerprint()
	}
	return ""
}
