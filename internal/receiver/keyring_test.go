package receiver_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/receiver"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
)

// provider gives out a secret.
type provider struct {
	mu     sync.Mutex
	secret string
	err    error
	takes  time.Duration
	calls  int
	now    int // calls under way
	most   int // calls under way at once
}

func (p *provider) Fetch(ctx context.Context) (string, error) {
	p.mu.Lock()
	p.calls++
	p.now++
	p.most = max(p.most, p.now)
	takes := p.takes
	p.mu.Unlock()
	select {
	case <-time.After(takes):
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now--
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	return p.secret, p.err
}

func (p *provider) set(secret string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.secret, p.err = secret, err
}

func (p *provider) called() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls
}

func (p *provider) keyring(t testing.TB) *receiver.Keyring {
	t.Helper()
	return newKeyring(t, map[string]webhook.Account{"default": {Fetch: p.Fetch}})
}

// fetchTimeout is after what time a fetch that hangs has surely ended.
const fetchTimeout = 10 * time.Second

func open(keyring *receiver.Keyring, address string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 1500*time.Millisecond)
	defer cancel()
	_, err := keyring.Open(ctx, address)
	return err
}

// secretNo are different secrets.
func secretNo(n int) string { return fmt.Sprintf("whsec_secret-number-%04d", n) }

// forged has the form of an address, and a key id that is not one of ours.
var forged = "AQAAAAAA" + strings.Repeat("A", 88)

func TestFetchedSecretServesAllThatIsMadeWithIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &provider{secret: secret}
		worker, handler := p.keyring(t), p.keyring(t)
		require.Zero(t, p.called(), "nothing is fetched before it is needed")
		for range 10 {
			require.NoError(t, open(handler, seal(t, worker, target)))
		}
		require.NoError(t, open(newKeyring(t, given(secret)), seal(t, worker, target)), "given or fetched is one")
		require.Equal(t, 2, p.called(), "once for each keyring")
	})
}

func TestGivenSecretsAreNotFetched(t *testing.T) {
	t.Parallel()
	p := &provider{secret: otherSecret}
	keyring := newKeyring(t, map[string]webhook.Account{"default": {Secrets: []string{secret}, Fetch: p.Fetch}})
	require.NoError(t, open(keyring, seal(t, keyring, target)))
	requireUnknown(t, keyring, forged)
	require.Zero(t, p.called())
}

func TestOneFetchForAllWhoWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &provider{secret: secret, takes: time.Second}
		keyring := p.keyring(t)
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() { seal(t, keyring, target) })
			all.Go(func() { require.Equal(t, receiver.ErrUnknownAddress, open(keyring, forged)) })
		}
		all.Wait()
		require.Equal(t, 1, p.called())
	})
}

// Forged addresses make the handler ask the provider, but once a minute.
func TestForgedAddressesFetchOnceAMinute(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{"provider answers": nil, "provider fails": errors.New("down")} {
		synctest.Test(t, func(t *testing.T) {
			p := &provider{secret: secret}
			keyring := p.keyring(t)
			address := seal(t, keyring, target)
			p.set(secret, err)
			for range 600 {
				time.Sleep(time.Second)
				require.Equal(t, receiver.ErrUnknownAddress, open(keyring, forged), name)
				require.NoError(t, open(keyring, address), name)
			}
			require.Equal(t, 1+10, p.called(), name)
			require.Equal(t, 1, p.most)
		})
	}
}

// With a secret in hand, a provider that hangs holds up nobody who has an address.
func TestKnownAddressesDoNotWaitForAFetch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &provider{secret: secret}
		keyring := p.keyring(t)
		address := seal(t, keyring, target)
		p.takes = time.Hour
		time.Sleep(time.Minute)
		var attack sync.WaitGroup
		for range 100 {
			attack.Go(func() { require.Equal(t, receiver.ErrUnknownAddress, open(keyring, forged)) })
		}
		synctest.Wait()
		began := time.Now()
		require.NoError(t, open(keyring, address))
		require.Zero(t, time.Since(began))
		attack.Wait()
		require.Equal(t, 1500*time.Millisecond, time.Since(began), "the forged waited no longer than allowed")
		require.Equal(t, 2, p.called())
		time.Sleep(fetchTimeout)
	})
}

func TestOneAccountHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hanging, slow := &provider{takes: time.Hour}, &provider{secret: secret, takes: time.Second}
		accounts := map[string]webhook.Account{
			"a": {Fetch: hanging.Fetch}, "default": {Fetch: slow.Fetch}, "z": {Fetch: hanging.Fetch},
		}
		address := seal(t, slow.keyring(t), target)
		keyring := newKeyring(t, accounts)
		require.NoError(t, open(keyring, address), "all are fetched at once")
		began := time.Now()
		require.NoError(t, open(keyring, address))
		require.Zero(t, time.Since(began))

		err := open(keyring, forged)
		require.NotErrorIs(t, err, receiver.ErrUnknownAddress, "it may be an address of the others")
		require.ErrorContains(t, err, `account "z": fetch its secret`)
		time.Sleep(fetchTimeout)
	})
}

func TestNoSecretIsNoUnknownAddress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &provider{err: errors.New("HTTP 500")}
		keyring := p.keyring(t)
		address := seal(t, newKeyring(t, given(secret)), target)
		requireUnknown(t, keyring, "not an address, without a secret either")
		require.Zero(t, p.called())

		const why = `webhook: account "default": fetch its secret: HTTP 500`
		require.EqualError(t, open(keyring, address), why)
		_, err := keyring.Seal(context.Background(), target)
		require.EqualError(t, err, why)
		require.ErrorIs(t, err, p.err)
		time.Sleep(4 * time.Second)
		require.EqualError(t, open(keyring, address), why)
		require.Equal(t, 1, p.called(), "not again at once")

		p.set(secret, nil)
		time.Sleep(time.Second)
		require.NoError(t, open(keyring, address), "again after five seconds")
		require.Equal(t, 2, p.called())
	})
}

// A provider slower than anybody waits still gives its secret to who comes later.
func TestSlowFetchIsNotWasted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &provider{secret: secret, takes: 9 * time.Second}
		keyring := p.keyring(t)
		address := seal(t, newKeyring(t, given(secret)), target)
		began := time.Now()
		err := open(keyring, address)
		require.EqualError(t, err, `webhook: account "default": fetch its secret: the provider has not answered yet`)
		require.Equal(t, 1500*time.Millisecond, time.Since(began))
		canceled, cancel := context.WithCancel(context.Background())
		cancel()
		_, err = keyring.Seal(canceled, target)
		require.ErrorContains(t, err, "has not answered yet")
		time.Sleep(8 * time.Second)
		require.NoError(t, open(keyring, address))
		require.Equal(t, 1, p.called())
	})
}

func TestFetchIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &provider{secret: secret, takes: time.Hour}
		keyring := p.keyring(t)
		began := time.Now()
		_, err := keyring.Seal(context.Background(), target)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, fetchTimeout, time.Since(began))
	})
}

func TestFetchKeepsTheContextsValues(t *testing.T) {
	t.Parallel()
	type key struct{}
	keyring := newKeyring(t, map[string]webhook.Account{"default": {Fetch: func(ctx context.Context) (string, error) {
		return ctx.Value(key{}).(string), nil
	}}})
	_, err := keyring.Seal(context.WithValue(context.Background(), key{}, secret), target)
	require.NoError(t, err)
}

func TestPanicInFetchIsAnError(t *testing.T) {
	t.Parallel()
	keyring := newKeyring(t, map[string]webhook.Account{"default": {Fetch: func(context.Context) (string, error) { panic("oh") }}})
	_, err := keyring.Seal(context.Background(), target)
	require.EqualError(t, err, `webhook: account "default": fetch its secret: panic in Fetch: oh`)
}

func TestFetchedSecretMustBeLong(t *testing.T) {
	t.Parallel()
	for _, short := range []string{"", "whsec_", "whsec_hunter2", "  whsec_fifteen-letters\n"} {
		keyring := (&provider{secret: short}).keyring(t)
		_, err := keyring.Seal(context.Background(), target)
		require.EqualError(t, err, `webhook: account "default": fetch its secret: the provider returned a secret that is too short`)
	}
}

// A worker that only makes addresses sees within an hour that the secret has changed.
func TestSealFollowsTheProvider(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &provider{secret: secret}
		worker, fresh := p.keyring(t), newKeyring(t, given(otherSecret))
		seal(t, worker, target)
		p.set(otherSecret, nil)
		p.takes = 5 * time.Second
		time.Sleep(time.Hour - 1)
		requireUnknown(t, fresh, seal(t, worker, target))
		require.Equal(t, 1, p.called())

		time.Sleep(time.Nanosecond)
		began := time.Now()
		requireUnknown(t, fresh, seal(t, worker, target))
		require.Zero(t, time.Since(began), "it does not wait for the new one")
		time.Sleep(6 * time.Second)
		require.NoError(t, open(fresh, seal(t, worker, target)))
		require.Equal(t, 2, p.called())
	})
}

func TestAddressOfANewSecretIsOpened(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &provider{secret: secret}
		handler := p.keyring(t)
		old := seal(t, handler, target)
		time.Sleep(time.Minute)
		p.set(otherSecret, nil)
		worker := p.keyring(t)
		require.NoError(t, open(handler, seal(t, worker, target)))
		require.NoError(t, open(handler, old))
		require.NoError(t, open(newKeyring(t, given(otherSecret)), seal(t, handler, target)), "the newest seals")
	})
}

func TestReplacedSecretsStayForADay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &provider{secret: secret}
		handler := p.keyring(t)
		r := newReceiverOf(t, handler, webhook.Options{})
		address := seal(t, handler, target)
		time.Sleep(time.Minute)
		p.set(otherSecret, nil)
		require.Equal(t, http.StatusOK, r.post(otherSecret, address, body).Code, "fetched since the signature does not fit")
		require.Equal(t, http.StatusOK, r.post(secret, address, body).Code)
		next := seal(t, handler, target)

		time.Sleep(24 * time.Hour)
		require.Equal(t, http.StatusOK, r.post(secret, address, body).Code, "a day, and not less")
		time.Sleep(time.Nanosecond)
		require.Equal(t, http.StatusUnauthorized, r.post(secret, next, body).Code)
		require.Equal(t, http.StatusNotFound, r.post(otherSecret, address, body).Code)
		require.Equal(t, http.StatusOK, r.post(otherSecret, next, body).Code)
	})
}

func TestThreeSecretsAreKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &provider{secret: secretNo(0)}
		handler := p.keyring(t)
		addresses := []string{seal(t, handler, target)}
		for n := 1; n < 4; n++ {
			time.Sleep(time.Minute)
			p.set(secretNo(n), nil)
			requireUnknown(t, handler, forged)
			addresses = append(addresses, seal(t, handler, target))
		}
		requireUnknown(t, handler, addresses[0])
		for _, address := range addresses[1:] {
			require.NoError(t, open(handler, address))
		}
	})
}

func TestSecretThatComesBackIsTheNewest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &provider{secret: secret}
		handler := p.keyring(t)
		first := seal(t, handler, target)
		for _, next := range []string{otherSecret, secret} {
			time.Sleep(time.Minute)
			p.set(next, nil)
			requireUnknown(t, handler, forged)
		}
		require.NoError(t, open(newKeyring(t, given(secret)), seal(t, handler, target)))
		time.Sleep(25 * time.Hour)
		require.NoError(t, open(handler, first), "it is not a replaced one any more")
		requireUnknown(t, handler, seal(t, newKeyring(t, given(otherSecret)), target))
	})
}

// Deliveries that come together after the secret was replaced are all believed.
func TestManyDeliveriesAfterARotation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &provider{secret: secret}
		handler := p.keyring(t)
		r := newReceiverOf(t, handler, webhook.Options{})
		address := seal(t, handler, target)
		time.Sleep(time.Minute)
		p.set(otherSecret, nil)
		p.takes = time.Second
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() {
				time.Sleep(time.Duration(i) * 20 * time.Millisecond) // before, in and after the fetch
				require.Equal(t, http.StatusOK, r.post(otherSecret, address, body).Code)
			})
		}
		all.Wait()
		require.Equal(t, 2, p.called())
		require.Equal(t, map[string]int{receiver.Signaled: 100}, r.reasons())
	})
}

func TestWrongSignaturesFetchOnceAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &provider{secret: secret}
		r := newReceiverOf(t, p.keyring(t), webhook.Options{})
		address := seal(t, r.keyring, target)
		for range 600 {
			time.Sleep(time.Second)
			require.Equal(t, http.StatusUnauthorized, r.post(otherSecret, address, body).Code)
		}
		require.Equal(t, 1+10, p.called())
		p.set("", errors.New("down"))
		time.Sleep(time.Minute)
		require.Equal(t, http.StatusUnauthorized, r.post(otherSecret, address, body).Code, "a failed fetch changes nothing")
		require.Equal(t, http.StatusOK, r.post(secret, address, body).Code)
	})
}

func TestNewKeyringNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	long := make([]byte, 32)
	for want, accounts := range map[string]map[string]webhook.Account{
		`webhook: Options.Accounts: needs at least one account`: {},
		`webhook: account "b": needs Secrets or Fetch`: {
			"a": {Secrets: []string{secret}}, "b": {AddressKeys: [][]byte{long}},
		},
		`webhook: account "a": in Secrets[1]: 7 characters after "whsec_", and a webhook secret has at least 16`:                                                {"a": {Secrets: []string{secret, "whsec_hunter2"}}},
		`webhook: account "a": in Secrets[0]: 15 characters after "whsec_", and a webhook secret has at least 16`:                                               {"a": {Secrets: []string{" whsec_fifteen-letters\n"}}},
		`webhook: account "a": in Secrets[0]: has a quotation mark or a space. Remove it: env files and secrets are taken as they are written, quotes included`: {"a": {Secrets: []string{`"` + secret + `"`}}},
		`webhook: account "a": in Secrets[1]: has a quotation mark or a space. Remove it: env files and secrets are taken as they are written, quotes included`: {"a": {Secrets: []string{secret, secret + " " + secret}}},
		`webhook: account "a": in Secrets[0]: 0 characters after "whsec_", and a webhook secret has at least 16`:                                                {"a": {Secrets: []string{""}}},
		`webhook: account "": in Secrets[0]: 0 characters after "whsec_", and a webhook secret has at least 16`:                                                 {"": {Secrets: []string{"whsec_"}}},
		`webhook: account "a": in AddressKeys[1]: 31 bytes, fewer than 32`:                                                                                      {"a": {Secrets: []string{secret}, AddressKeys: [][]byte{long, long[1:]}}},
	} {
		_, err := receiver.NewKeyring(accounts, wavespeed.Webhooks())
		require.EqualError(t, err, want)
	}
	_, err := receiver.NewKeyring(nil, wavespeed.Webhooks())
	require.Error(t, err)
	_, err = receiver.NewKeyring(map[string]webhook.Account{"a": {Secrets: []string{"whsec_sixteen--letters"}, AddressKeys: [][]byte{long}}}, wavespeed.Webhooks())
	require.NoError(t, err)
}

func TestKeyringKeepsNoAliases(t *testing.T) {
	t.Parallel()
	secrets := []string{secret}
	keyring := newKeyring(t, given(secrets...))
	r := newReceiverOf(t, keyring, webhook.Options{})
	address := seal(t, keyring, target)
	secrets[0] = ""
	require.Equal(t, http.StatusOK, r.post(secret, address, body).Code)
}
