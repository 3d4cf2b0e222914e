package activities

import (
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/preflight"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
)

// account is one provider and what this process has learned about it.
type account struct {
	preflight.Account
	name      string
	provider  provider.Provider
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

	shallow, deep reader // for young and old searches
	echoes        echoes

	identities identities
}

func newAccount(name string, at provider.Provider, options Options) *account {
	now := options.Now
	a := &account{
		Account:   preflight.Account{Provider: at, Catalogue: preflight.NewCatalogue(at.Models)},
		name:      name,
		provider:  at,
		exclusive: options.ExclusiveKeys,
		offset:    offset{now: now, anchor: now()},
		names:     names{now: now},
		billed:    names{now: now},
		ended:     sightings{now: now},
		seen:      sightings{now: now},
		asked:     newAsked(now),
	}
	a.shallow, a.deep = reader{provider: at, now: now, echoes: &a.echoes}, reader{provider: at, now: now, echoes: &a.echoes}
	return a
}

// apiKey is the fingerprint of the account's key; "" if the provider has none.
func (a *account) apiKey() string { return a.provider.KeyFingerprint() }
