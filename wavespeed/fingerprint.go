package wavespeed

import (
	"crypto/sha256"
	"encoding/hex"
)

const (
	// fingerprintPrefix keeps the hash of a key apart from other hashes of the same key.
	fingerprintPrefix = "wavespeed-temporal/api-key/"

	fingerprintDigits = 12
)

// KeyFingerprint tells API keys apart without giving them away: 12 hexadecimal digits of a
// SHA-256. The same key always has the same fingerprint, in every process and version. It may
// be logged and recorded.
func (c *Client) KeyFingerprint() string {
	sum := sha256.Sum256([]byte(fingerprintPrefix + c.options.APIKey))
	return hex.EncodeToString(sum[:])[:fingerprintDigits]
}
