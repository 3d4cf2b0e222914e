package activities_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/activities"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
)

// TestAccountsThatShareAKey: with exclusive keys, a charge of the one account would seem to be
// nobody's to the other.
func TestAccountsThatShareAKey(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		other     string
		exclusive bool
		refused   bool
	}{
		"exclusive":               {"aaaa", true, true},
		"exclusive and different": {"bbbb", true, false},
		"exclusive and not known": {"", true, false},
		"not declared exclusive":  {"aaaa", false, false},
	} {
		_, err := activities.New(activities.Options{ExclusiveKeys: c.exclusive, Accounts: map[string]provider.Provider{
			"a": keyed{&fake{}, "aaaa"}, "b": keyed{&fake{}, c.other}, "c": keyed{&fake{}, ""},
		}})
		if c.refused {
			require.EqualError(t, err, `activities: Accounts["b"]: has the key of account "a"; with ExclusiveKeys each account needs its own`, name)
		} else {
			require.NoError(t, err, name)
		}
	}
}
