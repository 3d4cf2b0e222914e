package wire

// DeliveryName is the registered workflow that keeps a delivery for a rerun, if it arrived
// while no run of its workflow was open: a [Signal] in, the same [Signal] out.
const DeliveryName = "wavespeed.Delivery"

// DeliveryIDs returns the ids of the workflows that keep the deliveries for a nonce, in order
// of use. Each holds a different prediction, and there are no more.
func DeliveryIDs(nonce string) []string {
	first := "wavespeed-delivery/" + nonce
	return []string{first, first + "/2"}
}
