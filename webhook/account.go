package webhook

import "context"

// Account is a WaveSpeed account whose webhooks are received. Either Secrets or Fetch must be set.
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
}
