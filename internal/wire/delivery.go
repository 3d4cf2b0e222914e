package wire

import (
	"crypto/sha256"
	"encoding/hex"
)

// DeliveryName is the registered workflow that keeps a delivery for a rerun, if it arrived
// while no run of its workflow was open: a [Signal] in, the same [Signal] out.
const DeliveryName = "wavespeed.Delivery"

// DeliveryIDs returns the ids of the workflows that keep the deliveries for a nonce, in order
// of use. Each holds a different prediction, and there are no more. No codec encodes ids, so they
// don't show the nonce.
func DeliveryIDs(nonce string) []string {
	digest := sha256.Sum256([]byte(nonce))
	first := "wavespeed-delivery/" + hex.EncodeToString(digest[:16])
	return []string{first, first + "/2"}
}
