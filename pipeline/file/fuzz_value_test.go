package file_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline/file"
)

// FuzzValue: accepted values are JSON, and stay the same with CRLF.
func FuzzValue(f *testing.F) {
	for _, c := range corpus {
		f.Add([]byte(c.text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		value, err := file.Value("a.yaml", text)
		if err != nil {
			return
		}
		encoded, err := json.Marshal(value)
		require.NoError(t, err)
		again, err := file.Value("a.json", encoded)
		require.NoError(t, err)
		require.Equal(t, value, again)
		if bytes.Contains(text, []byte("\r")) {
			return
		}
		windows, err := file.Value("a.yaml", bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n")))
		require.NoError(t, err)
		require.Equal(t, value, windows)
	})
}
