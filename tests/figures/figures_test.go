package figures

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWrite(t *testing.T) {
	t.Parallel()
	document := filepath.Join(t.TempDir(), "x.md")
	const text = "a\n<!-- one: make one -->\nold\n<!-- end of one -->\nb\n<!-- two: make two -->\n<!-- end of two -->\n"
	require.NoError(t, os.WriteFile(document, []byte(text), 0o600))
	require.NoError(t, Write(document, "one", "\n$1 new\n\n"))
	require.NoError(t, Write(document, "two", "table"))
	require.Error(t, Write(document, "three", ""))
	got, err := os.ReadFile(document)
	require.NoError(t, err)
	require.Equal(t, "a\n<!-- one: make one -->\n$1 new\n<!-- end of one -->\nb\n<!-- two: make two -->\ntable\n<!-- end of two -->\n", string(got))
}
