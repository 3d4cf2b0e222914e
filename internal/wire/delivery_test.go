package wire_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// TestDeliveryIDsShowNoNonce, since no codec encodes workflow ids.
func TestDeliveryIDsShowNoNonce(t *testing.T) {
	t.Parallel()
	const nonce = "0123456789abcdef"
	ids := wire.DeliveryIDs(nonce)
	require.Equal(t, ids, wire.DeliveryIDs(nonce))
	require.NotEqual(t, ids[0], ids[1])
	require.NotEqual(t, ids, wire.DeliveryIDs("another"))
	for _, id := range ids {
		require.NotContains(t, id, nonce)
	}
}
