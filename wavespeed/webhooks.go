package wavespeed

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
)

// Webhooks are how WaveSpeedAI calls back. The signature of a delivery is the HMAC-SHA256 of
// id, time and body, joined by dots, in hex and behind "v3,". It resembles Standard Webhooks,
// whose libraries refuse it: the key is the secret's text, not decoded.
// Source: wavespeed.ai/docs/verify-webhooks.
func Webhooks() provider.Webhooks { return webhooks{} }

type webhooks struct{}

const (
	secretPrefix = "whsec_"

	// minKeyBytes refuses placeholders; the provider's secrets have 44.
	minKeyBytes = 16
)

// SigningKey is the secret's text without its prefix. It looks like base64 and is not decoded.
func (webhooks) SigningKey(secret string) ([]byte, error) {
	key := []byte(strings.TrimPrefix(strings.TrimSpace(secret), secretPrefix))
	if len(key) < minKeyBytes {
		return nil, fmt.Errorf("%d characters after %q, and a webhook secret has at least %d", len(key), secretPrefix, minKeyBytes)
	}
	return key, nil
}

// Read reads the signature.
func (webhooks) Read(header http.Header) (provider.Delivery, error) {
	signature, err := readSignature(header)
	if err != nil {
		return nil, err
	}
	return &delivery{signature: signature}, nil
}

// maxWholeBytes is the size up to which a body is kept whole, as nearly all are.
const maxWholeBytes = 256 << 10

// delivery keeps all of a small body, and of a large one what is needed of it.
type delivery struct {
	signature *signature
	size      int64
	whole     []byte
	large     *trimmer // nil while it is kept whole
}

// Sent is the time that was signed.
func (d *delivery) Sent() time.Time { return d.signature.at }

// Expect takes the secrets that are long enough.
func (d *delivery) Expect(secrets []string) bool {
	if d.large != nil {
		return false
	}
	d.signature.expect(secrets)
	_, _ = d.signature.Write(d.whole)
	return true
}

// Genuine compares the signatures.
func (d *delivery) Genuine() bool { return d.signature.fits() }

// Write takes a part of the body.
func (d *delivery) Write(part []byte) (int, error) {
	_, _ = d.signature.Write(part)
	d.size += int64(len(part))
	if d.large == nil && d.size <= maxWholeBytes {
		d.whole = append(d.whole, part...)
		return len(part), nil
	}
	if d.large == nil {
		d.large = new(trimmer)
		_, _ = d.large.Write(d.whole)
		d.whole = nil
	}
	return d.large.Write(part)
}

// Report reads the prediction. Its input holds at least the seed.
func (d *delivery) Report() (report provider.Report, err error) {
	text := d.whole
	if d.large != nil {
		if text, err = d.large.object(); err != nil {
			return report, err
		}
		report.Omitted, report.Cut = d.large.omitted, d.large.dropped
	}
	report.Prediction, err = parsePrediction(text)
	return report, err
}
