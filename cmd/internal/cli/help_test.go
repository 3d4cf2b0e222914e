package cli_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestHelp: every page fits 100 columns, and only the first has the global flags.
func TestHelp(t *testing.T) {
	t.Parallel()
	pages := 0
	var walk func(command []string)
	walk = func(command []string) {
		var l line
		require.Zero(t, l.run(t.Context(), append(command, "--help")...))
		page := l.out.String()
		pages++
		for _, row := range strings.Split(page, "\n") {
			assert.LessOrEqual(t, utf8.RuneCountInString(row), 100, "%v: %s", command, row)
		}
		if len(command) > 0 {
			require.NotContains(t, page, "WAVESPEED_BASE_URL", command)
			require.NotContains(t, page, "--namespace", command)
			require.Contains(t, page, "Global flags: wavespeed-temporal --help\n", command)
		}
		_, list, _ := strings.Cut(page, "\nCommands:\n")
		list, _, _ = strings.Cut(list, "\n\n")
		for _, match := range regexp.MustCompile(`(?m)^  ([a-z]+) `).FindAllStringSubmatch(list, -1) {
			walk(append(command[:len(command):len(command)], match[1]))
		}
	}
	walk(nil)
	require.Greater(t, pages, 30)
}

// TestHelpNamesNoOtherProgram: users may not have Temporal's command line.
func TestHelpNamesNoOtherProgram(t *testing.T) {
	t.Parallel()
	for _, command := range [][]string{nil, {"generate"}, {"generate", "status"}, {"pipeline"}, {"setup"}, {"resolve"}} {
		var l line
		require.Zero(t, l.run(t.Context(), append(command, "--help")...))
		require.NotRegexp(t, `(^|[^-])\btemporal (workflow|operator|server)\b`, l.out.String())
	}
}
