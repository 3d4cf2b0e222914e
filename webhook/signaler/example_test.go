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
		c, err := client.Dial(client.Options{
			ConnectionOptions: client.ConnectionOptions{DialOptions: []grpc.DialOption{signaler.DialOption()}},
		})
		if err != nil {
			return err
		}
		handler, err := signaler.NewHandler(c, webhook.Options{Accounts: map[string]webhook.Account{
			"default": {Secrets: []string{os.Getenv("WAVESPEED_WEBHOOK_SECRET")}},
		}})
		if err != nil {
			return err
		}
		mux := http.NewServeMux()
		mux.Handle("/webhooks/wavespeed/", handler)
		return http.ListenAndServe(":8080", mux)
	}
	_ = serve
}
