package screen

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plaintext"
)

// TestFit: lines beyond the screen's size could not be overwritten.
func TestFit(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"short", "a bit l…"}, Fit([]string{"short", "a bit longer"}, 8, 5))
	require.Equal(t, []string{"1", "2", "… and 3 more lines"}, Fit(strings.Split("1 2 3 4 5", " "), 80, 3))
	require.Equal(t, []string{"ééé"}, Fit([]string{"ééé"}, 3, 2), "characters count, not bytes")
}

// TestAreaKeepsItsOwnCodes, and no other.
func TestAreaKeepsItsOwnCodes(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := NewArea(plaintext.NewWriter(&out))
	s.Redraw("first\nsecond")
	s.Redraw("evil \033[2J")
	require.Equal(t, "first\nsecond\n\033[2A\033[Jevil \\u001b[2J\n", out.String())
}
