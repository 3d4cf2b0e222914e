package webhook

import (
	"context"
	"fmt"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

// Account is a WaveSpeed account for webhooks. Either Secrets or Fetch must be set.
type Account struct {
	// Secrets are the account's webhook secrets ("whsec_…"), newest first. During a rotation
	// there are two.
	Secrets []string

	// Fetch gets the secret from the provider if Secrets is empty, like
	// wavespeed.Client.WebhookSecret. It is called when the secret is first needed, at most
	// once a minute if a delivery does not match it, and once an hour while addresses are
	// created; never concurrently. A replaced secret stays valid for a day.
	Fetch func(context.Context) (string, error)

	// AddressKeys are keys for addresses, each of at least 32 bytes. The first one seals
	// addresses; all of them open addresses. Defaults to keys derived from the secrets, so
	// rotating the secrets rotates these too.
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
		return fmt.Errorf("needs Secrets or Fetch")
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
