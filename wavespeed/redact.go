package wavespeed

import (
	"errors"
	"strings"
	"unicode"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plaintext"
)

// maxMessageBytes limits every text from the provider that is kept.
const maxMessageBytes = 1024

// redacted replaces a secret.
const redacted = "[redacted]"

// clean prepares a foreign text for an error: without secrets, on one line, limited in size.
func clean(text string, secrets ...string) string {
	for _, secret := range secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, redacted)
		}
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	return plaintext.Clip(strings.TrimSpace(text), maxMessageBytes)
}

// cause wraps a foreign error with a cleaned text. It does not unwrap to the original error,
// but matches with errors.Is and errors.As like it.
type cause struct {
	text string
	err  error
}

func (c cause) Error() string        { return c.text }
func (c cause) Is(target error) bool { return errors.Is(c.err, target) }
func (c cause) As(target any) bool   { return errors.As(c.err, target) }
