package webhooktest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook/webhooktest"
)

// A program that receives webhooks is tested with deliveries that are signed as the provider's
// are, and with others.
func Example() {
	const secret = "whsec_the-secret-of-this-test"
	receive := func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err == nil {
			err = webhook.Verify(r.Header, body, []string{secret}, time.Now(), 0)
		}
		if err != nil {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}
	for _, signedWith := range []string{secret, "whsec_of-somebody-else"} {
		recorder := httptest.NewRecorder()
		receive(recorder, webhooktest.NewRequest(signedWith, "https://media.example.com/hook", []byte(`{"id":"p1","status":"completed"}`)))
		fmt.Println(recorder.Code)
	}
	// Output:
	// 200
	// 401
}
