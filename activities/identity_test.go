package activities_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/activities"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
)

func identityWith(t *testing.T, keys map[string]string) string {
	t.Helper()
	accounts := make(map[string]provider.Provider)
	for name, key := range keys {
		accounts[name] = keyed{&fake{}, key}
	}
	acts, err := activities.New(activities.Options{Accounts: accounts})
	require.NoError(t, err)
	return acts.Identity("7@host@")
}

// TestIdentity: it changes with a key, and gives neither keys nor accounts away.
func TestIdentity(t *testing.T) {
	t.Parallel()
	one := identityWith(t, map[string]string{"default": "aaaa", "team": "bbbb"})
	require.Regexp(t, `^7@host@ wavespeed-keys=[\w-]{8},[\w-]{8}$`, one)
	require.NotContains(t, one, "team")
	require.NotContains(t, one, "aaaa")
	require.Equal(t, one, identityWith(t, map[string]string{"default": "aaaa", "team": "bbbb"}))
	require.NotEqual(t, one, identityWith(t, map[string]string{"default": "aaaa", "team": "cccc"}))
	require.NotEqual(t, one, identityWith(t, map[string]string{"default": "bbbb", "team": "aaaa"}))
	require.Equal(t, "7@host@", identityWith(t, map[string]string{"default": ""}))

	many := make(map[string]string)
	for i := range 101 {
		many[strconv.Itoa(i)] = "aaaa"
	}
	require.Equal(t, "7@host@", identityWith(t, many))
	delete(many, "0")
	require.Less(t, len(identityWith(t, many)), 1000)
}
