package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers of a delivery. Source: wavespeed.ai/docs/verify-webhooks.
const (
	HeaderID        = "webhook-id"
	HeaderTimestamp = "webhook-timestamp"
	HeaderSignature = "webhook-signature"
)

// DefaultTolerance is how far a delivery's time may be from now, as the provider
// recommends.
const DefaultTolerance = 5 * time.Minute

var (
	// ErrNotSigned: a header is missing, given twice, or not of its form.
	ErrNotSigned = errors.New("webhook: the delivery is not signed")

	// ErrBadSignature: the signature is none of the account's.
	ErrBadSignature = errors.New("webhook: the signature is wrong")

	// ErrTooOld: the signature is right, but the delivery's time is not near now.
	ErrTooOld = errors.New("webhook: the delivery's time is too far from now")
)

// Verify tells whether a delivery comes from whom holds one of the secrets, and is
// of now. The body must be as it was received.
//
// The signature is the HMAC-SHA256 of id, time and body, joined by dots, in hex and
// behind "v3,". It resembles Standard Webhooks, whose libraries refuse it: the key is
// the secret's text, not decoded. Secrets of fewer than 16 characters are passed over,
// since anybody could sign with the empty one.
func Verify(header http.Header, body []byte, secrets []string, now time.Time, tolerance time.Duration) error {
	id, timestamp := single(header, HeaderID), single(header, HeaderTimestamp)
	at, ok := parseTimestamp(timestamp)
	signatures := parseSignatures(single(header, HeaderSignature))
	if id == "" || !ok || len(signatures) == 0 {
		return ErrNotSigned
	}
	if !signedByAny(secrets, signatures, id, timestamp, body) {
		return ErrBadSignature
	}
	if age := now.Sub(at); age > tolerance || age < -tolerance {
		return ErrTooOld
	}
	return nil
}

func signedByAny(secrets []string, signatures [][]byte, id, timestamp string, body []byte) bool {
	for _, secret := range secrets {
		key := signingKey(secret)
		if len(key) < minKeyBytes {
			continue
		}
		mac := sign(key, id, timestamp, body)
		for _, signature := range signatures {
			if hmac.Equal(mac, signature) {
				return true
			}
		}
	}
	return false
}

func sign(key []byte, id, timestamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return mac.Sum(nil)
}

// single is a header's value if it is there once, else empty. Of two, another
// verifier might take the other one.
func single(header http.Header, name string) string {
	values := header.Values(name)
	if len(values) != 1 || strings.TrimSpace(values[0]) == "" {
		return ""
	}
	return values[0]
}

// parseTimestamp takes seconds in their one canonical form, since the text is what
// is signed.
func parseTimestamp(text string) (time.Time, bool) {
	seconds, _ := strconv.ParseInt(text, 10, 64) // what is no number does not come out as it went in
	if seconds < 0 || strconv.FormatInt(seconds, 10) != text {
		return time.Time{}, false
	}
	return time.Unix(seconds, 0), true
}

const (
	signatureVersion = "v3"
	maxSignatures    = 8
)

// parseSignatures reads the first signatures of our version from a list that blanks
// separate. Others are passed over.
func parseSignatures(list string) [][]byte {
	var signatures [][]byte
	for item := range strings.FieldsSeq(list) {
		version, digest, _ := strings.Cut(item, ",")
		if version != signatureVersion || len(digest) != 2*sha256.Size || digest != strings.ToLower(digest) {
			continue
		}
		signature, err := hex.DecodeString(digest)
		if err != nil {
			continue
		}
		if signatures = append(signatures, signature); len(signatures) == maxSignatures {
			break
		}
	}
	return signatures
}
