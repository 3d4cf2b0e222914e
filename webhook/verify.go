package webhook

import (
	"errors"
	"net/http"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

// DefaultTolerance is the maximum difference between a delivery's time and now, as recommended
// by the provider.
const DefaultTolerance = 5 * time.Minute

var (
	// ErrNotSigned: a header is missing, duplicate, or malformed.
	ErrNotSigned = errors.New("webhook: the delivery is not signed")

	// ErrBadSignature: the signature was not made with the account's secret.
	ErrBadSignature = errors.New("webhook: the signature is wrong")

	// ErrTooOld: the signature is valid, but the delivery's time is too far from now.
	ErrTooOld = errors.New("webhook: the delivery's time is too far from now")
)

// Verify checks that WaveSpeedAI recently signed a delivery with one of the secrets. The body
// must be exactly as received. Secrets of fewer than 16 characters are ignored, because anybody
// could sign with the empty one.
func Verify(header http.Header, body []byte, secrets []string, now time.Time, tolerance time.Duration) error {
	delivery, err := wavespeed.Webhooks().Read(header)
	if err != nil {
		return ErrNotSigned
	}
	delivery.Expect(secrets)
	_, _ = delivery.Write(body)
	if !delivery.Genuine() {
		return ErrBadSignature
	}
	if !near(delivery.Sent(), now, tolerance) {
		return ErrTooOld
	}
	return nil
}

func near(at, now time.Time, tolerance time.Duration) bool {
	age := now.Sub(at)
	return age <= tolerance && age >= -tolerance
}
