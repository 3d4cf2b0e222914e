// Package webhooktest signs deliveries as WaveSpeedAI does, for tests of programs
// that receive them.
//
//	request := webhooktest.NewRequest(secret, url, []byte(`{"id":"…","status":"completed","outputs":["https://…"]}`))
//	handler.ServeHTTP(recorder, request)
package webhooktest

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"
)

// Sign returns the headers of a delivery: its id, time and signature.
func Sign(secret, id string, at time.Time, body []byte) http.Header {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(strings.TrimPrefix(strings.TrimSpace(secret), "whsec_")))
	mac.Write([]byte(id + "." + timestamp + "." + string(body)))
	header := make(http.Header)
	header.Set("Content-Type", "application/json")
	header.Set("webhook-id", id)
	header.Set("webhook-timestamp", timestamp)
	header.Set("webhook-signature", "v3,"+hex.EncodeToString(mac.Sum(nil)))
	return header
}

// NewRequest returns a delivery with the current time, as received by a server.
func NewRequest(secret, url string, body []byte) *http.Request {
	request := httptest.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	request.Header = Sign(secret, "webhooktest", time.Now(), body)
	return request
}
