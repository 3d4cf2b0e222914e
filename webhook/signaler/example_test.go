package signaler_test

import (
	"net/http"
	"os"

	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"

	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook/signaler"
)

// A server that only receives webhooks.
func Example() {
	serve := func() error {
		keyring, err := webhook.NewKeyring(map[string]webhook.Account{
			"default": {Secrets: []string{os.Getenv("WAVESPEED_WEBHOOK_SECRET")}},
		})
		if err != nil {
			return err
		}
		c, err := client.Dial(client.Options{
			ConnectionOptions: client.ConnectionOptions{DialOptions: []grpc.DialOption{signaler.DialOption()}},
		})
		if err != nil {
			return err
		}
		handler, err := webhook.NewHandler(webhook.Options{Keyring: keyring, Signaler: signaler.New(c)})
		if err != nil {
			return err
		}
		mux := http.NewServeMux()
		mux.Handle("/webhooks/wavespeed/", handler)
		return http.ListenAndServe(":8080", mux)
	}
	_ = serve
}
