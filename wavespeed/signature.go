package wavespeed

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers of a delivery. Source: wavespeed.ai/docs/verify-webhooks.
const (
	headerID        = "webhook-id"
	headerTimestamp = "webhook-timestamp"
	headerSignature = "webhook-signature"
)

var errNotSigned = errors.New("wavespeed: webhook: the delivery is not signed")

// signature is what a delivery's header claims, to be compared with its body, which is
// written to it.
type signature struct {
	at     time.Time
	signed string   // what is signed before the body
	claims [][]byte // of which one must fit
	macs   []hash.Hash
}

func readSignature(header http.Header) (*signature, error) {
	id, timestamp := single(header, headerID), single(header, headerTimestamp)
	at, ok := parseTimestamp(timestamp)
	claims := parseSignatures(single(header, headerSignature))
	if id == "" || !ok || len(claims) == 0 {
		return nil, errNotSigned
	}
	return &signature{at: at, signed: id + "." + timestamp + ".", claims: claims}, nil
}

// expect begins with these secrets, and forgets what was written.
func (s *signature) expect(secrets []string) {
	s.macs = nil
	for _, secret := range secrets {
		if key, err := Webhooks().SigningKey(secret); err == nil {
			mac := hmac.New(sha256.New, key)
			mac.Write([]byte(s.signed))
			s.macs = append(s.macs, mac)
		}
	}
}

// Write takes a part of the body.
func (s *signature) Write(part []byte) (int, error) {
	for _, mac := range s.macs {
		mac.Write(part)
	}
	return len(part), nil
}

// fits tells whether the whole body was signed with one of the secrets.
func (s *signature) fits() bool {
	for _, mac := range s.macs {
		sum := mac.Sum(nil)
		for _, claim := range s.claims {
			if hmac.Equal(sum, claim) {
				return true
			}
		}
	}
	return false
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
	seconds, _ := strconv.ParseInt(text, 10, 64) // anything but a number formats differently below
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
