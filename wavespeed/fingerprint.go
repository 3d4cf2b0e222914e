package wavespeed

import (
	"crypto/sha256"
	"encoding/hex"
)

const (
	// fingerprintPrefix makes the hash of a key differ from other hashes of the same key.
	fingerprintPrefix = "wavespeed-temporal/api-key/"

	fingerprintDigits = 12
)

// KeyFingerprint identifies an API key without revealing it: 12 hexadecimal digits of a
// SHA-256. The same key always has the same fingerprint, in every process and version. It is
// safe to log and record.
func (c *Client) KeyFingerprint() string {
	sum := sha256.Sum256([]byte(fingerprintPrefix + c.options.APIKey))
	return hex.EncodeToString(sum[:])[:fingerprintDigits]
}
