package wavespeed_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

func TestKeyFingerprint(t *testing.T) {
	t.Parallel()
	of := func(key string) string {
		client, err := wavespeed.New(wavespeed.Options{APIKey: key})
		require.NoError(t, err)
		return client.KeyFingerprint()
	}
	require.Equal(t, "ab6af867755b", of("key-one"), "histories hold it: it must never change")
	require.NotEqual(t, of("key-one"), of("key-two"))
	require.NotContains(t, of("0123456789ab"), "0123456789ab")
}
