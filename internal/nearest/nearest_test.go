package nearest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/nearest"
)

func TestName(t *testing.T) {
	t.Parallel()
	names := []string{"still", "clip", "film", "stills"}
	for name, want := range map[string]string{
		"still": "still", "stil": "still", "stilll": "still", "stlil": "still", "clop": "clip", "filmm": "film", "stillss": "stills", "": "clip",
	} {
		require.Equal(t, want, nearest.Name(name, names), name)
	}
	require.Empty(t, nearest.Name("still", nil))
	require.Equal(t, "b", nearest.Name("a", []string{"b", "c"}), "of equals the first")
}

func TestHint(t *testing.T) {
	t.Parallel()
	names := []string{"still", "clip"}
	for name, want := range map[string]string{
		"stil":    "; did you mean still?",
		"cl":      "",
		"clap":    "; did you mean clip?",
		"harbour": "",
		"":        "",
	} {
		require.Equal(t, want, nearest.Hint(name, names), name)
	}
	require.Empty(t, nearest.Hint("still", nil))
	require.Equal(t, "; did you mean b?", nearest.Hint("a", []string{"b"}), "a letter may always be wrong")
}
