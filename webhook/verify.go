package webhook

import (
	"cmp"
	"errors"
	"net/http"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

var (
	// ErrNotSigned: a header is missing, duplicate, or malformed.
	ErrNotSigned = errors.New("webhook: the delivery is not signed")

	// ErrBadSignature: the signature was not made with the account's secret.
	ErrBadSignature = errors.New("webhook: the signature is wrong")

	// ErrTooOld: the signature is valid, but the delivery's time is too far from now.
	ErrTooOld = errors.New("webhook: the delivery's time is too far from now")
)

// defaultTolerance is the provider's recommendation.
const defaultTolerance = 5 * time.Minute

// Verify checks that WaveSpeedAI recently signed a delivery with one of the secrets, for programs
// with a handler of their own. The body must be exactly as received. The tolerance is the maximum
// difference between the delivery's time and now; 0 means 5 minutes. Secrets of fewer than 16
// characters are ignored, because anybody could sign with the empty one.
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
	if now.Sub(delivery.Sent()).Abs() > cmp.Or(tolerance, defaultTolerance) {
		return ErrTooOld
	}
	return nil
}
