package config_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/config"
)

var write = flag.Bool("write", false, "write the table of docs/configuration.md again")

const (
	begin = "<!-- settings: go test ./cmd/internal/config -write -->\n"
	end   = "<!-- end of settings -->"
)

// TestDocumentHasEverySetting holds the table of the document to the settings.
func TestDocumentHasEverySetting(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "..", "..", "docs", "configuration.md")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(text), begin)
	require.True(t, ok, "the document has no place for the table")
	table, after, ok := strings.Cut(rest, end)
	require.True(t, ok, "the table has no end")
	if *write {
		require.NoError(t, os.WriteFile(path, []byte(before+begin+settingsTable()+end+after), 0o644))
		return
	}
	require.Equal(t, settingsTable(), table, "write it again with: go test ./cmd/internal/config -run Document -write")
}

func settingsTable() string {
	var b strings.Builder
	b.WriteString("| variable | flag | kind | default | what it is |\n| --- | --- | --- | --- | --- |\n")
	for _, s := range config.Settings {
		value := "–"
		if s.Default != "" {
			value = "`" + s.Default + "`"
		}
		kind := s.Type
		if s.Secret {
			kind += ", secret"
		}
		fmt.Fprintf(&b, "| `%s` | `--%s` | %s | %s | %s |\n", s.Env, s.Flag, kind, value, s.Help)
	}
	return b.String()
}
