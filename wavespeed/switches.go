package wavespeed

import "github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"

const switchBase64 = "enable_base64_output"

// Switches are the fields of an input that have no place in a durable generation.
func (c *Client) Switches() []provider.Switch {
	return []provider.Switch{
		{Name: "enable_sync_mode", Why: "a generation waits without holding a connection; leave it out"},
		{Name: switchBase64, Why: "the provider delivers no base64 to a webhook; leave it out and take the output's URL", Webhook: true},
	}
}
