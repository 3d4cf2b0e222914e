package receiver

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
)

// Keyring holds the secrets of some accounts. It seals and opens addresses and verifies
// deliveries. It is safe for concurrent use.
type Keyring struct {
	accounts map[string]*account
	names    []string // sorted, for a fixed order
	form     provider.Webhooks
	waiting  chan struct{}
}

// maxWaiting limits how many deliveries, mostly forged ones, wait for a new secret.
const maxWaiting = 256

// wait calls a function that waits, unless too many are waiting already.
func (k *Keyring) wait(f func()) {
	select {
	case k.waiting <- struct{}{}:
		defer func() { <-k.waiting }()
		f()
	default:
	}
}

// NewKeyring creates a keyring after checking the accounts, whose provider calls back in this
// form. Errors name the account and the field, and never repeat a secret.
func NewKeyring(accounts map[string]webhook.Account, form provider.Webhooks) (*Keyring, error) {
	if len(accounts) == 0 {
		return nil, errors.New("webhook: Options.Accounts: needs at least one account")
	}
	k := &Keyring{accounts: make(map[string]*account, len(accounts)), names: slices.Sorted(maps.Keys(accounts)), form: form, waiting: make(chan struct{}, maxWaiting)}
	for _, name := range k.names {
		if err := validateAccount(accounts[name], form); err != nil {
			return nil, fmt.Errorf("webhook: account %q: %w", name, err)
		}
		k.accounts[name] = newAccount(name, accounts[name], form)
	}
	return k, nil
}

// Seal creates the address of a target. It may have to fetch the account's secret.
func (k *Keyring) Seal(ctx context.Context, target wire.Target) (string, error) {
	account, ok := k.accounts[target.Account]
	if !ok {
		return "", fmt.Errorf("webhook: the keyring has no account %q", target.Account)
	}
	fetched := account.fetch(ctx, resealAfter)
	if account.known() == nil {
		await(ctx, fetched)
	}
	keys := account.known()
	if keys == nil {
		return "", account.missing()
	}
	return keys.sealers[0].seal(target)
}

// Open opens an address. The error for an address that is not ours gives no details. It fails
// with another error if that is unknown because a secret cannot be fetched.
func (k *Keyring) Open(ctx context.Context, address string) (wire.Target, error) {
	id, decoded, ok := decodeAddress(address)
	if !ok {
		return wire.Target{}, errUnknownAddress
	}
	target, err := k.open(id, decoded)
	if err == nil {
		return target, nil
	}
	k.wait(func() { k.refresh(ctx) })
	return k.open(id, decoded)
}

// open tries the known keys, so a slow account doesn't delay others.
func (k *Keyring) open(id [keyIDBytes]byte, decoded []byte) (wire.Target, error) {
	failure := errUnknownAddress
	for _, name := range k.names {
		keys := k.accounts[name].known()
		if keys == nil {
			failure = k.accounts[name].missing()
			continue
		}
		for _, sealer := range keys.sealers {
			if sealer.id != id { //mutants:equal it spares an attempt that fails
				continue
			}
			if target, err := sealer.open(decoded); err == nil {
				target.Account = name
				return target, nil
			}
		}
	}
	return wire.Target{}, failure
}

// refresh fetches the secrets of all accounts that are due.
func (k *Keyring) refresh(ctx context.Context) {
	var fetches []<-chan struct{}
	for _, name := range k.names {
		fetches = append(fetches, k.accounts[name].fetch(ctx, refetchAfter))
	}
	for _, ended := range fetches {
		await(ctx, ended)
	}
}

// secrets returns the secrets of an account whose address was opened, so there are some.
func (k *Keyring) secrets(name string) []string { return k.accounts[name].known().secrets }

// newSecrets fetches the account's secret again if it is due, for a signature that matches none
// of the known ones. It returns nil if the provider has no other secret.
func (k *Keyring) newSecrets(ctx context.Context, name string, given []string) []string {
	account := k.accounts[name]
	k.wait(func() { await(ctx, account.fetch(ctx, refetchAfter)) })
	if newer := account.known().secrets; !slices.Equal(newer, given) {
		return newer
	}
	return nil
}
