package plan_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/plan"
)

// TestDocumentsHaveTheLimit: all documents give the same, correct number.
func TestDocumentsHaveTheLimit(t *testing.T) {
	t.Parallel()
	digits := strconv.Itoa(plan.MaxItems)
	limit := digits[:len(digits)-3] + "," + digits[len(digits)-3:]
	for name, line := range map[string]string{
		"limits.md":    "| items of a `for_each` | " + limit + " |",
		"pipelines.md": "A step has at most " + limit + " items",
	} {
		text, err := os.ReadFile(filepath.Join("..", "..", "docs", name))
		require.NoError(t, err)
		require.True(t, strings.Contains(string(text), line), "%s lacks: %s", name, line)
	}
}
