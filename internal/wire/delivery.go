package wire

// DeliveryName is the registered workflow that keeps a delivery which came when no run of
// its workflow was open, so that a rerun can read it: a [Signal] in, the same [Signal] out.
const DeliveryName = "wavespeed.Delivery"

// DeliveryIDs are the ids of the workflows that keep the deliveries for a nonce, in the
// order in which they are used. Each holds another prediction, and there are no more.
func DeliveryIDs(nonce string) []string {
	first := "wavespeed-delivery/" + nonce
	return []string{first, first + "/2"}
}
