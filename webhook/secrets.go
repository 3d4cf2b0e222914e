package webhook

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
)

const (
	// refetchAfter is how long a fetched secret is held to be the newest by who meets
	// an address or a signature that does not fit.
	refetchAfter = time.Minute

	// resealAfter is the same for who makes an address: a secret replaced meanwhile
	// is retained for much longer.
	resealAfter = time.Hour

	// retryAfter is how long a failed fetch is not repeated while there is no secret.
	retryAfter = 5 * time.Second

	// fetchTimeout bounds a fetch. Who waits for it may give up sooner.
	fetchTimeout = 10 * time.Second

	// retainFor is how long a replaced secret stays valid: deliveries and addresses
	// of it are still on their way.
	retainFor = 24 * time.Hour

	// maxRetained bounds the secrets that are tried.
	maxRetained = 3
)

var errNotFetched = errors.New("the provider has not answered yet")

// account holds the keys of one account, given or fetched.
type account struct {
	name    string
	form    provider.Webhooks
	ask     func(context.Context) (string, error) // nil when the secrets are given
	sealers []*sealer                             // of given keys, if there are any

	mu      sync.Mutex
	current *keys           // nil when it must be rebuilt from fetched
	fetched []fetchedSecret // newest first
	ended   chan struct{}   // closed unless a fetch is under way
	tried   time.Time       // when the last fetch ended
	failed  error           // why there is no secret yet
}

type fetchedSecret struct {
	secret string
	until  time.Time // zero for the newest
}

// keys are what an account's secrets give. They are never changed, but replaced.
type keys struct {
	secrets []string
	sealers []*sealer
}

func newAccount(name string, given Account) *account {
	a := &account{name: name, form: given.form(), ask: given.Fetch, ended: make(chan struct{}), failed: errNotFetched}
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

// known are the keys, without waiting for anything; nil until a secret was fetched.
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

// missing says why there are no keys.
func (a *account) missing() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return fmt.Errorf("webhook: account %q: fetch its secret: %w", a.name, a.failed)
}

// expire drops replaced secrets whose time is over.
func (a *account) expire(now time.Time) {
	n := len(a.fetched)
	a.fetched = slices.DeleteFunc(a.fetched, func(f fetchedSecret) bool { return !f.until.IsZero() && now.After(f.until) })
	if len(a.fetched) != n {
		a.current = nil
	}
}

// await waits for the end of a fetch, but no longer than ctx lasts.
func await(ctx context.Context, ended <-chan struct{}) {
	select {
	case <-ended:
	case <-ctx.Done():
	}
}

// fetch begins to fetch the secret unless that is under way, or was done less than
// the given time ago. The channel is closed when no fetch is under way. The fetch
// does not end with ctx, so that a slow provider serves the next caller.
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

// asked is the provider's answer. A panic, which an HTTP server would contain, is
// contained here too.
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
		return "", errors.New("the provider gave a secret that is too short")
	}
	return secret, nil
}

// learn takes over what the provider answered. A failure changes no secret.
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
