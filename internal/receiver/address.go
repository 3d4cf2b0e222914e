package receiver

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// errUnknownAddress: the address was not made with one of our keys. It gives no details, so
// attackers can't approximate an address.
var errUnknownAddress = errors.New("webhook: unknown address")

// An address is, in base64: a version, the key's id, and the target sealed with AES-256-GCM
// under a random nonce. The parts before the sealed target are authenticated.
const (
	addressVersion = 1
	keyIDBytes     = 4
	headBytes      = 1 + keyIDBytes

	// maxAddressBytes leaves room for a namespace, a workflow id and a key of 1,000
	// bytes each, which is Temporal's limit.
	maxAddressBytes = 6000
)

var addressEncoding = base64.RawURLEncoding.Strict()

// sealer seals and opens addresses with one key.
type sealer struct {
	id   [keyIDBytes]byte
	aead cipher.AEAD
}

// newSealer derives the key for an account's addresses from a secret. Accounts never share a
// key, so an address does not need to name its account.
func newSealer(secret []byte, account string) *sealer {
	derived := must(hkdf.Key(sha256.New, secret, nil, "wavespeed-temporal webhook address\x00"+account, 32+keyIDBytes))
	block := must(aes.NewCipher(derived[:32]))
	return &sealer{id: [keyIDBytes]byte(derived[32:]), aead: must(cipher.NewGCMWithRandomNonce(block))}
}

// must panics on errors that are impossible with keys of these lengths.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func (s *sealer) seal(target wire.Target) (string, error) {
	head := append([]byte{addressVersion}, s.id[:]...)
	address := addressEncoding.EncodeToString(s.aead.Seal(head, nil, encodeTarget(target), head)) // #nosec G407 -- the AEAD makes a random nonce itself
	if len(address) > maxAddressBytes {
		return "", fmt.Errorf("webhook: the address of workflow %q would have %d characters, more than %d", target.WorkflowID, len(address), maxAddressBytes)
	}
	return address, nil
}

// decodeAddress splits an address. It accepts exactly what seal can produce.
func decodeAddress(address string) (id [keyIDBytes]byte, sealed []byte, ok bool) {
	if len(address) > maxAddressBytes || !isAddress(address) {
		return id, nil, false
	}
	decoded, err := addressEncoding.DecodeString(address)
	if err != nil || len(decoded) <= headBytes || decoded[0] != addressVersion {
		return id, nil, false
	}
	return [keyIDBytes]byte(decoded[1:headBytes]), decoded, true
}

// isAddress checks the alphabet, because the decoder would skip line breaks.
func isAddress(text string) bool {
	for _, c := range []byte(text) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return text != ""
}

func (s *sealer) open(decoded []byte) (wire.Target, error) {
	plain, err := s.aead.Open(nil, nil, decoded[headBytes:], decoded[:headBytes])
	if err != nil { //mutants:equal decodeTarget refuses the nothing that is left
		return wire.Target{}, errUnknownAddress
	}
	return decodeTarget(plain)
}

func encodeTarget(t wire.Target) []byte {
	var encoded []byte
	for _, field := range []string{t.Namespace, t.WorkflowID, t.Key, t.Nonce} {
		encoded = binary.AppendUvarint(encoded, uint64(len(field)))
		encoded = append(encoded, field...)
	}
	return encoded
}

func decodeTarget(encoded []byte) (wire.Target, error) {
	var t wire.Target
	for _, field := range []*string{&t.Namespace, &t.WorkflowID, &t.Key, &t.Nonce} {
		size, n := binary.Uvarint(encoded)
		if n <= 0 || size > uint64(len(encoded)-n) { // #nosec G115 -- n is at most the length
			return wire.Target{}, errUnknownAddress
		}
		end := n + int(size) // #nosec G115 -- is at most what is there
		*field = string(encoded[n:end])
		encoded = encoded[end:]
	}
	if len(encoded) > 0 {
		return wire.Target{}, errUnknownAddress
	}
	return t, nil
}
