package webhook_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook/webhooktest"
)

// A program that receives webhooks with a handler of its own.
func ExampleVerify() {
	const secret = "whsec_c2ltdWxhdG9yLXNlY3JldA=="
	receive := func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err == nil {
			err = webhook.Verify(r.Header, body, []string{secret}, time.Now(), 0)
		}
		switch {
		case errors.Is(err, webhook.ErrTooOld):
			w.WriteHeader(http.StatusNoContent) // it may be a copy: ask the provider
		case err != nil:
			w.WriteHeader(http.StatusUnauthorized)
		}
	}
	body := []byte(`{"id":"p1","status":"completed","outputs":["https://cdn.example.com/1.png"]}`)
	for _, sent := range []time.Time{time.Now(), time.Now().Add(-time.Hour)} {
		request := httptest.NewRequest(http.MethodPost, "/hook", nil)
		request.Header, request.Body = webhooktest.Sign(secret, "id", sent, body), io.NopCloser(bytes.NewReader(body))
		recorder := httptest.NewRecorder()
		receive(recorder, request)
		fmt.Println(recorder.Code)
	}
	// Output:
	// 200
	// 204
}
