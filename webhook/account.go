package webhook

import (
	"context"
	"fmt"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

// Account is one WaveSpeed account as webhooks need it. Either Secrets or Fetch must
// be set.
type Account struct {
	// Secrets are the account's webhook secrets, as "whsec_…", newest first. While a
	// secret is being rotated there are two.
	Secrets []string

	// Fetch asks the provider for the secret when Secrets is empty, as
	// wavespeed.Client.WebhookSecret does. It is called when the secret is first
	// needed, at most once a minute when a delivery does not fit it, and once an hour
	// while addresses are made; never twice at once. A secret that has been replaced
	// stays valid for a day.
	Fetch func(context.Context) (string, error)

	// AddressKeys seal addresses, the first of them, and open them, all. Each has 32
	// bytes or more. Defaults to keys derived from the secrets: rotating these then
	// rotates them.
	AddressKeys [][]byte

	// Webhooks are how the account's provider calls back. Defaults to [wavespeed.Webhooks].
	Webhooks provider.Webhooks
}

const minAddressKeyBytes = 32

// form is how its provider calls back.
func (a Account) form() provider.Webhooks {
	if a.Webhooks == nil {
		return wavespeed.Webhooks()
	}
	return a.Webhooks
}

func (a Account) validate() error {
	if len(a.Secrets) == 0 && a.Fetch == nil {
		return fmt.Errorf("has neither Secrets nor Fetch")
	}
	for i, secret := range a.Secrets {
		if strings.ContainsAny(strings.TrimSpace(secret), "\"'` \t\r\n") {
			return fmt.Errorf("in Secrets[%d]: has a quotation mark or a space. Remove it: env files and secrets are taken as they are written, quotes included", i)
		}
		if _, err := a.form().SigningKey(secret); err != nil {
			return fmt.Errorf("in Secrets[%d]: %w", i, err)
		}
	}
	for i, key := range a.AddressKeys {
		if len(key) < minAddressKeyBytes {
			return fmt.Errorf("in AddressKeys[%d]: %d bytes, fewer than %d", i, len(key), minAddressKeyBytes)
		}
	}
	return nil
}
