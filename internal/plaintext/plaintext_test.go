package plaintext_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plaintext"
)

var texts = map[string]string{
	"a lighthouse":                 "a lighthouse",
	"a\tb\nc":                      "a\tb\nc",
	"\x1b[2J\x1b]0;owned\x07":      `\u001b[2J\u001b]0;owned\u0007`,
	"loading\rdone":                `loading\u000ddone`,
	"a\r\nb":                       "a\nb",
	"a\x7f\x00\b":                  `a\u007f\u0000\u0008`,
	"c1 \u009b31m":                 `c1 \u009b31m`,
	"c1 as a byte \x9b31m":         "c1 as a byte \ufffd31m",
	"\u202etxt.exe\u2066":          `\u202etxt.exe\u2066`,
	"é – 漢字 😀":                     "é – 漢字 😀",
	"\xff\xfe":                     "\ufffd\ufffd",
	"zero width \ufeff and \u2028": `zero width \ufeff and \u2028`,
	"family 👩\u200d👩\u200d👧 is whole": "family 👩\u200d👩\u200d👧 is whole",
}

func TestString(t *testing.T) {
	t.Parallel()
	for text, want := range texts {
		require.Equal(t, want, plaintext.String(text))
	}
	require.Equal(t, `a b \u001b[1m`, plaintext.Line(" a\n\tb  \x1b[1m\n"))
}

// TestWriter: it doesn't matter where a text is cut into writes.
func TestWriter(t *testing.T) {
	t.Parallel()
	for text, want := range texts {
		for size := 1; size <= 5; size++ {
			var out bytes.Buffer
			w := plaintext.NewWriter(&out)
			for rest := []byte(text); len(rest) > 0; {
				n := min(size, len(rest))
				wrote, err := w.Write(rest[:n])
				require.NoError(t, err)
				require.Equal(t, n, wrote)
				rest = rest[n:]
			}
			require.NoError(t, w.Flush())
			require.Equal(t, want, out.String(), "%q in pieces of %d", text, size)
		}
	}
}

// TestJSONKeepsItsMeaning: programs read what was written.
func TestJSONKeepsItsMeaning(t *testing.T) {
	t.Parallel()
	for text := range texts {
		encoded, err := json.Marshal(text)
		require.NoError(t, err)
		var before, after string
		require.NoError(t, json.Unmarshal(encoded, &before))
		require.NoError(t, json.Unmarshal([]byte(plaintext.String(string(encoded))), &after))
		require.Equal(t, before, after)
	}
}

// TestClip leaves no half of a letter, and has no more bytes than it is to have.
func TestClip(t *testing.T) {
	t.Parallel()
	require.Equal(t, "still", plaintext.Clip("still", 5))
	require.Equal(t, "st…", plaintext.Clip("stills", 5))
	for bytes := len("…"); bytes < 20; bytes++ {
		got := plaintext.Clip(strings.Repeat("é😀", 10), bytes)
		require.True(t, utf8.ValidString(got))
		require.LessOrEqual(t, len(got), bytes)
		require.True(t, strings.HasSuffix(got, "…"))
	}
}
