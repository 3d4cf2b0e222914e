package webhook_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/callback"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook/webhooktest"
)

// printer stands for signaler.New, which needs a Temporal.
type printer struct{}

func (printer) Signal(_ context.Context, target wire.Target, signal wire.Signal) error {
	fmt.Println(target.WorkflowID, wire.SignalName(target.Key), signal.PredictionID, signal.Status, signal.Outputs[0].URL())
	return nil
}

// A handler in one's own server, and a test of it with a delivery as the provider
// signs it.
func Example() {
	const secret = "whsec_c2ltdWxhdG9yLXNlY3JldA=="
	keyring, err := webhook.NewKeyring(map[string]webhook.Account{"default": {Secrets: []string{secret}}})
	if err != nil {
		log.Fatal(err)
	}
	handler, err := webhook.NewHandler(webhook.Options{
		Keyring: keyring, Signaler: printer{}, Observe: func(a webhook.Answer) { fmt.Println(a.Reason) },
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/webhooks/wavespeed/", handler)

	// Workers make addresses with a keyring of the same secret.
	address, err := keyring.Seal(context.Background(), wire.Target{
		Namespace: "default", WorkflowID: "clip-7", Key: "still", Nonce: "n", Account: "default",
	})
	if err != nil {
		log.Fatal(err)
	}

	delivery := webhooktest.NewRequest(secret, callback.URL("https://media.example.com/webhooks/wavespeed", address),
		[]byte(`{"id":"p1","status":"completed","outputs":["https://cdn.example.com/1.png"]}`))
	answer := httptest.NewRecorder()
	mux.ServeHTTP(answer, delivery)
	fmt.Println(answer.Code)
	// Output:
	// clip-7 wavespeed.finished/still p1 completed https://cdn.example.com/1.png
	// signaled
	// 200
}
