package receiver_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// sealedBy makes an address as another program would, of any version and content.
func sealedBy(t testing.TB, material []byte, account string, version byte, content []byte) string {
	t.Helper()
	key, err := hkdf.Key(sha256.New, material, nil, "wavespeed-temporal webhook address\x00"+account, 36)
	require.NoError(t, err)
	block, err := aes.NewCipher(key[:32])
	require.NoError(t, err)
	gcm, err := cipher.NewGCM(block)
	require.NoError(t, err)
	nonce := make([]byte, gcm.NonceSize())
	_, err = rand.Read(nonce)
	require.NoError(t, err)
	head := append([]byte{version}, key[32:]...)
	return base64.RawURLEncoding.EncodeToString(append(append(head, nonce...), gcm.Seal(nil, nonce, content, head)...))
}

// Addresses outlive the program that made them: a newer one must open them.
func TestAddressFormatStays(t *testing.T) {
	t.Parallel()
	keyring := newKeyring(t, given(secret))
	for _, address := range []string{
		sealedBy(t, []byte("the-secret-of-these-tests"), "default", 1, []byte("\x05media\x06clip-7\x08still[3]\x100123456789abcdef")),
		"AQvxgytPb7Vy_yninRwNjOqtvBVUjQTZ3tR81uInnuNyPCs43J5kXgNiOIV_HmrCBEoFuDQXS7emrHHSbGq5zJnJUsb4zgp5",
	} {
		got, err := keyring.Open(context.Background(), address)
		require.NoError(t, err)
		require.Equal(t, target, got)
	}
}

// What was sealed with our key and says something else was not made by us either.
func TestAddressContentMustBeWhole(t *testing.T) {
	t.Parallel()
	key := []byte("the-secret-of-these-tests")
	keyring := newKeyring(t, given(secret))
	for name, content := range map[string]string{
		"nothing":           "",
		"too few":           "\x01a\x01b\x01c",
		"cut":               "\x01a\x01b\x01c\x02d",
		"too many":          "\x01a\x01b\x01c\x01d\x01e",
		"too much":          "\x01a\x01b\x01c\x01de",
		"length unfinished": "\x01a\x01b\x01c\x80",
		"length over all":   "\x01a\x01b\x01c\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
		"length too long":   "\x01a\x01b\x01c\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
	} {
		requireUnknown(t, keyring, sealedBy(t, key, "default", 1, []byte(content)), name)
	}
	whole := []byte("\x01a\x01b\x01c\x01d")
	for _, version := range []byte{0, 2, 255} {
		requireUnknown(t, keyring, sealedBy(t, key, "default", version, whole), "version %d", version)
	}
	got, err := keyring.Open(context.Background(), sealedBy(t, key, "default", 1, whole))
	require.NoError(t, err)
	require.Equal(t, wire.Target{Namespace: "a", WorkflowID: "b", Key: "c", Nonce: "d", Account: "default"}, got)
}
