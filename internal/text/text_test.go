package text_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/text"
)

func TestClean(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ content, want string }{
		"nothing":         {"", ""},
		"as it is":        {"a\tb\n é😀 \n", "a\tb\n é😀 \n"},
		"CRLF":            {"a\r\n\r\nb\r\n", "a\n\nb\n"},
		"CR":              {"a\r\rb\r", "a\n\nb\n"},
		"mixed":           {"a\r\nb\rc\n", "a\nb\nc\n"},
		"a mark":          {"\ufeffa", "a"},
		"a mark later":    {"a\ufeff", "a\ufeff"},
		"its own U+FFFD":  {"a\ufffd", "a\ufffd"},
		"control letters": {"a\x1b[0m", "a\x1b[0m"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := text.Clean("a.txt", []byte(c.content))
			require.NoError(t, err)
			require.Equal(t, c.want, string(got))
		})
	}
}

func TestRejected(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ content, want string }{
		"Latin-1":               {"title\nb\xf6wl\n", "a.txt:2:2: byte 0xf6 is not UTF-8; save the file as UTF-8"},
		"Latin-1 after CRLF":    {"é\r\né\xf6\r\n", "a.txt:2:2: byte 0xf6 is not UTF-8; save the file as UTF-8"},
		"cut":                   {"a\xe2\x82", "a.txt:1:2: byte 0xe2 is not UTF-8; save the file as UTF-8"},
		"a surrogate":           {"\xed\xa0\x80", "a.txt:1:1: byte 0xed is not UTF-8; save the file as UTF-8"},
		"UTF-16":                {"\xff\xfea\x00", "a.txt: is UTF-16; save the file as UTF-8"},
		"UTF-16, big end":       {"\xfe\xff\x00a", "a.txt: is UTF-16; save the file as UTF-8"},
		"UTF-16 without a mark": {"a\x00b\x00", "a.txt:1:2: a zero byte: the file is UTF-16 or not text; save the file as UTF-8"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := text.Clean("a.txt", []byte(c.content))
			require.EqualError(t, err, c.want)
		})
	}
}

func TestReadFile(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "a.txt")
	_, err := text.ReadFile(name, 10)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.NoError(t, os.WriteFile(name, []byte(strings.Repeat("é", 5)), 0o600))
	got, err := text.ReadFile(name, 10)
	require.NoError(t, err)
	require.Equal(t, "ééééé", string(got))
	_, err = text.ReadFile(name, 9)
	require.EqualError(t, err, name+": has more than 9 bytes; split it")
}
