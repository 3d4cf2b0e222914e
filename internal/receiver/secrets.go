package receiver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
)

const (
	// refetchAfter is how long a fetched secret counts as the newest when an address or a
	// signature does not match.
	refetchAfter = time.Minute

	// resealAfter is the same when creating addresses. It can be long, because replaced secrets
	// stay valid much longer.
	resealAfter = time.Hour

	// retryAfter is the wait before a failed fetch is repeated while there is no secret.
	retryAfter = 5 * time.Second

	// fetchTimeout limits a fetch. Callers may stop waiting sooner.
	fetchTimeout = 10 * time.Second

	// retainFor is how long a replaced secret stays valid, for deliveries and addresses that
	// still use it.
	retainFor = 24 * time.Hour

	// maxRetained limits the number of secrets that are tried.
	maxRetained = 3
)

var errNotFetched = errors.New("the provider has not answered yet")

// account holds the keys of one account, given or fetched.
type account struct {
	name    string
	form    provider.Webhooks
	ask     func(context.Context) (string, error) // nil if the secrets are given
	sealers []*sealer                             // of given keys, if any

	mu      sync.Mutex
	current *keys           // nil if it must be rebuilt from fetched
	fetched []fetchedSecret // newest first
	ended   chan struct{}   // closed unless a fetch is in progress
	tried   time.Time       // when the last fetch ended
	failed  error           // why there is no secret yet
}

type fetchedSecret struct {
	secret string
	until  time.Time // zero for the newest
}

// keys are derived from an account's secrets. They are immutable; changes replace them.
type keys struct {
	secrets []string
	sealers []*sealer
}

func newAccount(name string, given webhook.Account, form provider.Webhooks) *account {
	a := &account{name: name, form: form, ask: given.Fetch, ended: make(chan struct{}), failed: errNotFetched}
	close(a.ended)
	for _, key := range given.AddressKeys {
		a.sealers = append(a.sealers, newSealer(key, name))
	}
	if len(given.Secrets) > 0 {
		a.ask = nil
		a.current = a.keysOf(slices.Clone(given.Secrets))
	}
	return a
}

func (a *account) keysOf(secrets []string) *keys {
	keys := &keys{secrets: secrets, sealers: a.sealers}
	if len(a.sealers) == 0 {
		for _, secret := range secrets {
			key, _ := a.form.SigningKey(secret) // which was checked
			keys.sealers = append(keys.sealers, newSealer(key, a.name))
		}
	}
	return keys
}

// known returns the keys without waiting; nil until a secret was fetched.
func (a *account) known() *keys {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.expire(time.Now())
	if a.current == nil && len(a.fetched) > 0 {
		secrets := make([]string, len(a.fetched))
		for i, fetched := range a.fetched {
			secrets[i] = fetched.secret
		}
		a.current = a.keysOf(secrets)
	}
	return a.current
}

// missing explains why there are no keys.
func (a *account) missing() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return fmt.Errorf("webhook: account %q: fetch its secret: %w", a.name, a.failed)
}

// expire removes replaced secrets that are no longer valid.
func (a *account) expire(now time.Time) {
	n := len(a.fetched)
	a.fetched = slices.DeleteFunc(a.fetched, func(f fetchedSecret) bool { return !f.until.IsZero() && now.After(f.until) })
	if len(a.fetched) != n {
		a.current = nil
	}
}

// await waits until a fetch ends or ctx is done.
func await(ctx context.Context, ended <-chan struct{}) {
	select {
	case <-ended:
	case <-ctx.Done():
	}
}

// fetch starts fetching the secret, unless that is in progress or was done less than the given
// time ago. The channel is closed when no fetch is in progress. The fetch continues after ctx
// ends, so a slow provider serves the next caller.
func (a *account) fetch(ctx context.Context, after time.Duration) <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	select {
	case <-a.ended:
	default:
		return a.ended
	}
	if len(a.fetched) == 0 {
		after = retryAfter
	}
	if a.ask == nil || !a.tried.IsZero() && time.Since(a.tried) < after {
		return a.ended
	}
	ended := make(chan struct{})
	a.ended = ended
	go func() {
		defer close(ended)
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTimeout)
		defer cancel()
		a.learn(a.asked(ctx))
	}()
	return ended
}

// asked returns the provider's answer. It recovers from panics, as an HTTP server would.
func (a *account) asked(ctx context.Context) (secret string, err error) {
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("panic in Fetch: %v", value)
		}
	}()
	if secret, err = a.ask(ctx); err != nil {
		return "", err
	}
	if _, err := a.form.SigningKey(secret); err != nil {
		return "", errors.New("the provider returned a secret that is too short")
	}
	return secret, nil
}

// learn stores the provider's answer. A failure changes no secret.
func (a *account) learn(secret string, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tried, a.failed = time.Now(), err
	if err != nil || len(a.fetched) > 0 && a.fetched[0].secret == secret {
		return
	}
	if len(a.fetched) > 0 {
		a.fetched[0].until = a.tried.Add(retainFor)
	}
	others := slices.DeleteFunc(a.fetched, func(f fetchedSecret) bool { return f.secret == secret })
	a.fetched = append([]fetchedSecret{{secret: secret}}, others...)
	a.fetched = a.fetched[:min(len(a.fetched), maxRetained)]
	a.current = nil
}
