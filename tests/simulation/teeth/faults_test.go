package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestFaultsFit: what a fault replaces stands once where it is looked for, so that code that
// moves takes its faults along.
func TestFaultsFit(t *testing.T) {
	t.Parallel()
	for _, fault := range faults {
		for _, change := range fault.changes {
			text, err := os.ReadFile(filepath.Join("..", "..", "..", change.file))
			require.NoError(t, err)
			require.Equal(t, 1, strings.Count(string(text), change.from), "%s: %s", fault.name, change.file)
		}
	}
}
