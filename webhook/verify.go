package webhook

import (
	"errors"
	"net/http"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

// DefaultTolerance is how far a delivery's time may be from now, as the provider
// recommends.
const DefaultTolerance = 5 * time.Minute

var (
	// ErrNotSigned: a header is missing, given twice, or not of its form.
	ErrNotSigned = errors.New("webhook: the delivery is not signed")

	// ErrBadSignature: the signature was not made with the account's secret.
	ErrBadSignature = errors.New("webhook: the signature is wrong")

	// ErrTooOld: the signature is valid, but the delivery's time is not near now.
	ErrTooOld = errors.New("webhook: the delivery's time is too far from now")
)

// Verify tells whether WaveSpeedAI signed a delivery with one of the secrets, and recently. The
// body must be as it was received. Secrets of fewer than 16 characters are passed over,
// because anybody could sign with the empty one.
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
