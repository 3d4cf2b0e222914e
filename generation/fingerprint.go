package generation

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// Fingerprint tells requests apart that would be paid for: two with the same model,
// account and input have the same one, however the input is written.
func Fingerprint(request Request) (string, error) {
	request = request.WithDefaults()
	encoded, err := EncodeInput(request.Input)
	if err != nil {
		return "", err
	}
	decoder := json.NewDecoder(bytes.NewReader(encoded))
	decoder.UseNumber()
	var input any
	if err := decoder.Decode(&input); err != nil {
		return "", err
	}
	// Maps are encoded with their keys sorted.
	canonical, err := json.Marshal([]any{request.Model, request.Account, input})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:12]), nil
}
