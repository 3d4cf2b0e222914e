package simulation

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/callback"
	seam "github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/simulation/provider"
)

// address is what a worker gives the provider to call.
func (w *world) address(ctx context.Context, target wire.Target) (string, error) {
	sealed, err := w.keyring.Seal(ctx, target)
	return callback.URL(baseURL, sealed), err
}

const maxDeliveries = 4

// deliver calls the webhook of a prediction that has ended: not at all, late, or twice.
func (w *world) deliver(e *provider.Entry) {
	if w.chance(w.weather.webhookLost) {
		w.Note("provider: the webhook of %s is lost", e.ID)
		return
	}
	wait := w.latency()
	if w.chance(w.weather.webhookLate) {
		wait = w.between(time.Second, 10*time.Minute)
	}
	w.After(wait, func() { w.post(e, 1) })
	if w.chance(w.weather.webhookTwice) {
		w.After(w.between(time.Second, 5*time.Minute), func() { w.post(e, maxDeliveries) })
	}
}

// post is one attempt of a delivery; one that is not taken is tried again.
func (w *world) post(e *provider.Entry, attempt int) {
	body, header := w.sign(e)
	w.books.delivered(e)
	url := e.Webhook
	go func() {
		request := httptest.NewRequest(http.MethodPost, url, bytes.NewReader(body))
		request.Header = header
		recorder := httptest.NewRecorder()
		w.handler.ServeHTTP(recorder, request)
		status := recorder.Code
		c := &call{key: "answered" + e.ID + strconv.Itoa(attempt), take: func(c *call) {
			w.answer(c, nil)
			w.delivered(e, attempt, status)
		}}
		_ = w.enter(context.Background(), c)
	}()
}

func (w *world) delivered(e *provider.Entry, attempt, status int) {
	w.Note("provider: delivery %d of %s was answered %d", attempt, e.ID, status)
	if status < 300 {
		w.books.taken(e)
	}
	if status < 300 || attempt >= maxDeliveries {
		return
	}
	w.After(time.Duration(attempt*attempt)*5*time.Second, func() { w.post(e, attempt+1) })
}

// sign makes the body and headers of a delivery as the provider does.
func (w *world) sign(e *provider.Entry) ([]byte, http.Header) {
	shown := w.provider.Show(e, w.provider.Echo)
	fields := map[string]any{"id": shown.ID, "model": shown.Model, "status": shown.State, "outputs": shown.Outputs, "created_at": shown.CreatedAt, "error": ""}
	if shown.Input != nil {
		fields["input"] = shown.Input
	}
	if shown.State == seam.StateFailed {
		fields["code"], fields["error"] = 5000, "something broke"
	}
	body, err := json.Marshal(fields)
	must(err)
	id, at := "msg_"+e.ID, strconv.FormatInt(w.provider.Clock(time.Now()).Unix(), 10)
	mac := hmac.New(sha256.New, []byte(strings.TrimPrefix(secret, "whsec_")))
	_, _ = fmt.Fprintf(mac, "%s.%s.%s", id, at, body)
	header := http.Header{}
	header.Set("Content-Type", "application/json")
	header.Set("webhook-id", id)
	header.Set("webhook-timestamp", at)
	header.Set("webhook-signature", "v3,"+hex.EncodeToString(mac.Sum(nil)))
	return body, header
}
