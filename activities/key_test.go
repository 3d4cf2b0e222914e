package activities_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/activities"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// keyed is a provider that tells which key it uses.
type keyed struct {
	*fake
	fingerprint string
}

func (k keyed) KeyFingerprint() string { return k.fingerprint }

// TestAnotherKeyProvesNothing: what one API key shows doesn't prove anything about another one.
// With the same key, absence is proof.
func TestAnotherKeyProvesNothing(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		submittedWith []string
		want          wire.Conclusion
	}{
		"the same key":         {[]string{"aaaaaaaaaaaa"}, wire.ConclusionAbsent},
		"nobody knows the key": {nil, wire.ConclusionAbsent},
		"another key":          {[]string{"bbbbbbbbbbbb"}, wire.ConclusionUndecided},
		"perhaps another key":  {[]string{"aaaaaaaaaaaa", "bbbbbbbbbbbb"}, wire.ConclusionUndecided},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			silent := &fake{list: func(provider.ListOptions) (provider.Page, error) { return provider.Page{}, nil }}
			options := activities.Options{Accounts: map[string]provider.Provider{generation.DefaultAccount: keyed{silent, "aaaaaaaaaaaa"}}}
			ended := time.Now().Add(-10 * time.Minute)
			value, err := execute(t, options, wire.FindName, wire.FindInput{
				Key: "still", Model: "wavespeed-ai/flux-dev", Account: generation.DefaultAccount, Nonce: "n1",
				Began: ended.Add(-time.Minute), Ended: ended, Settle: 2 * time.Minute, Grace: 2 * time.Minute, Within: time.Hour,
				APIKeys: test.submittedWith,
			})
			require.NoError(t, err)
			var found wire.Found
			require.NoError(t, value.Get(&found))
			require.Equal(t, test.want, found.Conclusion, found.Why)
			if test.want == wire.ConclusionUndecided {
				require.Contains(t, found.Why, "another API key")
			}
		})
	}
}
