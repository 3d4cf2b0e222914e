package receiver

import (
	"fmt"
	"strings"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
)

const minAddressKeyBytes = 32

func validateAccount(a webhook.Account, form provider.Webhooks) error {
	if len(a.Secrets) == 0 && a.Fetch == nil {
		return fmt.Errorf("needs Secrets or Fetch")
	}
	for i, secret := range a.Secrets {
		if strings.ContainsAny(strings.TrimSpace(secret), "\"'` \t\r\n") {
			return fmt.Errorf("in Secrets[%d]: has a quotation mark or a space. Remove it: env files and secrets are taken as they are written, quotes included", i)
		}
		if _, err := form.SigningKey(secret); err != nil {
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
