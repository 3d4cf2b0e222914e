package receiver_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/receiver"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
)

var target = wire.Target{Namespace: "media", WorkflowID: "clip-7", Key: "still[3]", Nonce: "0123456789abcdef", Account: "default"}

func given(secrets ...string) map[string]webhook.Account {
	return map[string]webhook.Account{"default": {Secrets: secrets}}
}

func newKeyring(t testing.TB, accounts map[string]webhook.Account) *receiver.Keyring {
	t.Helper()
	keyring, err := receiver.NewKeyring(accounts, wavespeed.Webhooks())
	require.NoError(t, err)
	return keyring
}

func seal(t testing.TB, keyring *receiver.Keyring, target wire.Target) string {
	t.Helper()
	address, err := keyring.Seal(context.Background(), target)
	require.NoError(t, err)
	return address
}

func requireUnknown(t testing.TB, keyring *receiver.Keyring, address string, what ...any) {
	t.Helper()
	got, err := keyring.Open(context.Background(), address)
	require.Equal(t, receiver.ErrUnknownAddress, err, what...)
	require.Zero(t, got, what...)
}

func TestAddressRoundTrip(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1000)
	for name, target := range map[string]wire.Target{
		"usual":      target,
		"empty":      {Account: "default"},
		"no key":     {Namespace: "media", WorkflowID: "w", Nonce: "n", Account: "default"},
		"no ASCII":   {Namespace: "médias", WorkflowID: "клип/7 ?#%2F", Key: "静止画", Nonce: "\x00\xff", Account: "default"},
		"long":       {Namespace: long, WorkflowID: long, Key: long, Nonce: long, Account: "default"},
		"other name": {WorkflowID: "w", Account: "κ λ"},
		"no name":    {WorkflowID: "w"},
	} {
		keyring := newKeyring(t, map[string]webhook.Account{target.Account: {Secrets: []string{secret}}})
		address := seal(t, keyring, target)
		require.Regexp(t, `^[A-Za-z0-9_-]+$`, address, name)
		got, err := keyring.Open(context.Background(), address)
		require.NoError(t, err, name)
		require.Equal(t, target, got, name)
	}
}

func TestAddressTellsNothing(t *testing.T) {
	t.Parallel()
	keyring := newKeyring(t, given(secret))
	one, two := seal(t, keyring, target), seal(t, keyring, target)
	require.NotEqual(t, one, two, "the same target twice")
	decoded, err := base64.RawURLEncoding.DecodeString(one)
	require.NoError(t, err)
	for _, field := range []string{target.Namespace, target.WorkflowID, target.Key, target.Nonce, target.Account} {
		require.NotContains(t, string(decoded), field)
	}
	require.Less(t, len(one), 150, "of a usual target")
}

func TestAddressLength(t *testing.T) {
	t.Parallel()
	keyring := newKeyring(t, given(secret))
	// 4 lengths of at most 2 bytes, and 33 of version, key id, nonce and tag.
	most := wire.Target{WorkflowID: strings.Repeat("x", 4500-33-5), Account: "default"}
	address := seal(t, keyring, most)
	require.Len(t, address, 6000)
	got, err := keyring.Open(context.Background(), address)
	require.NoError(t, err)
	require.Equal(t, most, got)
	requireUnknown(t, keyring, address+"A")

	content := append([]byte("\x00\xf0\x23"), strings.Repeat("x", 4592)...)
	requireUnknown(t, keyring, sealedBy(t, []byte("the-secret-of-these-tests"), "default", 1, append(content, 0, 0)), "too long, but ours")

	most.WorkflowID += "x"
	_, err = keyring.Seal(context.Background(), most)
	require.ErrorContains(t, err, "6002 characters, more than 6000")
}

func TestAddressRefusesEveryChange(t *testing.T) {
	t.Parallel()
	keyring := newKeyring(t, given(secret))
	address := seal(t, keyring, target)
	sealed, err := base64.RawURLEncoding.DecodeString(address)
	require.NoError(t, err)
	for i := range len(sealed) * 8 {
		sealed[i/8] ^= 1 << (i % 8)
		requireUnknown(t, keyring, base64.RawURLEncoding.EncodeToString(sealed), "bit %d", i)
		sealed[i/8] ^= 1 << (i % 8)
	}
	for i := range len(address) * 8 {
		changed := []byte(address)
		changed[i/8] ^= 1 << (i % 8)
		requireUnknown(t, keyring, string(changed), "bit %d of the text", i)
	}
	for n := range len(address) {
		requireUnknown(t, keyring, address[:n], "the first %d characters", n)
		requireUnknown(t, keyring, address[n+1:], "without the first %d characters", n+1)
	}
}

func TestAddressHasOneForm(t *testing.T) {
	t.Parallel()
	keyring := newKeyring(t, given(secret))
	for n := range 3 { // each number of bits that base64 leaves unused
		target := target
		target.Nonce = strings.Repeat("n", n)
		address := seal(t, keyring, target)
		sealed, err := base64.RawURLEncoding.DecodeString(address)
		require.NoError(t, err)
		const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
		for _, last := range alphabet {
			other := address[:len(address)-1] + string(last)
			if other != address {
				requireUnknown(t, keyring, other, "it ends in %c", last)
			}
		}
		for what, other := range map[string]string{
			"padded":       base64.URLEncoding.EncodeToString(sealed) + "=",
			"standard":     base64.StdEncoding.EncodeToString(sealed) + "+/",
			"line feed":    address + "\n",
			"line inside":  address[:20] + "\r\n" + address[20:],
			"line before":  "\n" + address,
			"blank":        address + " ",
			"slash":        address + "/",
			"dot":          address + ".",
			"query":        address + "?x",
			"nul":          address + "\x00",
			"twice":        address + address,
			"percent":      "%" + fmt.Sprintf("%X", address[0]) + address[1:],
			"Unicode":      strings.Replace(address, address[5:6], "Ａ", 1),
			"one more":     address + "A",
			"more at end":  address + "AAAA",
			"more at head": "AAAA" + address,
		} {
			requireUnknown(t, keyring, other, what)
		}
	}
}

func TestAddressRefusesGarbage(t *testing.T) {
	t.Parallel()
	keyring := newKeyring(t, given(secret))
	version := base64.RawURLEncoding.EncodeToString([]byte{1, 0, 0, 0, 0})
	for _, garbage := range []string{
		"", "A", "AQ", "AQAAAA", version, version + "AA", "..", "%2e%2e", "../../etc/passwd", "\x00", "é", "=", "====",
		strings.Repeat("A", 92), strings.Repeat("A", 6000), strings.Repeat("A", 1<<20), "AQ" + strings.Repeat("A", 90),
	} {
		requireUnknown(t, keyring, garbage)
	}
}

func TestAddressOfOtherKeysIsUnknown(t *testing.T) {
	t.Parallel()
	keyring := newKeyring(t, given(secret))
	requireUnknown(t, newKeyring(t, given(otherSecret)), seal(t, keyring, target))

	// The account is in the key: the same secret under another name opens nothing.
	renamed := newKeyring(t, map[string]webhook.Account{"second": {Secrets: []string{secret}}})
	requireUnknown(t, renamed, seal(t, keyring, target))
	_, err := renamed.Seal(context.Background(), target)
	require.EqualError(t, err, `webhook: the keyring has no account "default"`)
}

func TestAddressNamesItsAccount(t *testing.T) {
	t.Parallel()
	shared := [][]byte{[]byte(strings.Repeat("k", 32))}
	both := newKeyring(t, map[string]webhook.Account{
		"a": {Secrets: []string{secret}, AddressKeys: shared},
		"b": {Secrets: []string{secret}, AddressKeys: shared},
	})
	for _, account := range []string{"a", "b"} {
		target := target
		target.Account = account
		got, err := both.Open(context.Background(), seal(t, both, target))
		require.NoError(t, err)
		require.Equal(t, target, got)
	}
}

func TestAddressKeysRotate(t *testing.T) {
	t.Parallel()
	one, two := []byte(strings.Repeat("1", 32)), []byte(strings.Repeat("2", 40))
	ring := func(secret string, keys ...[]byte) *receiver.Keyring {
		return newKeyring(t, map[string]webhook.Account{"default": {Secrets: []string{secret}, AddressKeys: keys}})
	}
	before, during, after := ring(secret, one), ring(secret, two, one), ring(secret, two)
	for name, test := range map[string]struct {
		address string
		by      *receiver.Keyring
		opens   bool
	}{
		"old by old":    {seal(t, before, target), before, true},
		"old by both":   {seal(t, before, target), during, true},
		"old by new":    {seal(t, before, target), after, false},
		"new by both":   {seal(t, during, target), during, true},
		"new by new":    {seal(t, during, target), after, true},
		"new by old":    {seal(t, during, target), before, false},
		"other secret":  {seal(t, before, target), ring(otherSecret, one), true},
		"secret's keys": {seal(t, newKeyring(t, given(secret)), target), before, false},
	} {
		got, err := test.by.Open(context.Background(), test.address)
		if test.opens {
			require.NoError(t, err, name)
			require.Equal(t, target, got, name)
		} else {
			require.Equal(t, receiver.ErrUnknownAddress, err, name)
		}
	}
}

func TestAddressesRotateWithTheSecrets(t *testing.T) {
	t.Parallel()
	old := seal(t, newKeyring(t, given(secret)), target)
	during := newKeyring(t, given(otherSecret, secret))
	got, err := during.Open(context.Background(), old)
	require.NoError(t, err)
	require.Equal(t, target, got)
	after := newKeyring(t, given(otherSecret))
	requireUnknown(t, after, old)
	_, err = after.Open(context.Background(), seal(t, during, target))
	require.NoError(t, err, "the newest secret seals")
}
