package wire

// How an outcome became known.
const (
	ViaWebhook = "webhook"
	ViaPoll    = "poll"

	// ViaEarlier: an earlier result was reused, and nothing was submitted.
	ViaEarlier = "earlier"
)
