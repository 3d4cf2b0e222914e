package house

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A public package exports at most this many types, functions, methods, constants and
// variables. The figures are those reached: raise one only with a reason in the commit.
var exports = map[string]int{
	"activities": 6, "limits": 12, "generation": 73, "pipeline": 66, "pipeline/file": 6, "wavespeed": 21,
	"webhook": 7, "webhook/signaler": 2, "worker": 5, "workflows": 18,
}

// The longest function and file of what is not a test.
const (
	longestFunction = 57
	longestFile     = 361
)

// The rooms, from the bottom up. A room imports those before it.
var order = []string{
	"internal/input", "internal/jitter", "internal/quota", "internal/loopback", "internal/modelid", "internal/predictionid", "internal/nearest", "internal/plaintext", "internal/strict", "internal/callback", "internal/jsonvalue", "internal/text", "internal/shape", "internal/schema",
	"generation", "internal/usd", "internal/record", "internal/ballot", "internal/provider", "internal/wire", "internal/written", "internal/markdown", "limits", "internal/keeper", "wavespeed",
	"wavespeed/wavespeedtest/internal/inputs", "wavespeed/wavespeedtest/internal/gallery", "wavespeed/wavespeedtest/internal/keep", "wavespeed/wavespeedtest/internal/luck", "wavespeed/wavespeedtest/internal/money", "wavespeed/wavespeedtest/internal/catalogue", "wavespeed/wavespeedtest/internal/usage", "wavespeed/wavespeedtest/internal/pictures", "wavespeed/wavespeedtest/internal/reply", "wavespeed/wavespeedtest/internal/query", "wavespeed/wavespeedtest/internal/schedule", "wavespeed/wavespeedtest/internal/settings",
	"wavespeed/wavespeedtest", "internal/outcome", "webhook", "webhook/webhooktest", "internal/receiver", "internal/signaler", "webhook/signaler", "internal/kernel", "workflows", "internal/registered", "internal/pages", "pipeline", "internal/runwire",
	"internal/plan", "internal/runview", "pipeline/file", "internal/preflight", "internal/engine", "activities", "worker", "workflows/workflowstest",
	"internal/reference", "examples",
	"cmd/internal/telemetry", "cmd/internal/config", "cmd/internal/daemon", "cmd/internal/download", "cmd/internal/cli", "cmd", "tests",
}

// isKit tells whether the package serves tests, which are counted apart.
func isKit(dir string) bool { return strings.HasSuffix(dir, "test") }

func isPublic(dir string) bool {
	for _, part := range strings.Split(dir, "/") {
		if part == "internal" || part == "cmd" || part == "examples" || part == "tests" {
			return false
		}
	}
	return dir != "."
}

func rooms(t *testing.T) map[string]*room {
	found, err := survey("../..")
	require.NoError(t, err)
	require.NotEmpty(t, found)
	return found
}

// TestTheDoorIsSmall counts what each public package exports.
func TestTheDoorIsSmall(t *testing.T) {
	t.Parallel()
	all := 0
	for dir, r := range rooms(t) {
		if !isPublic(dir) || isKit(dir) {
			continue
		}
		n := len(r.exported)
		all += n
		slices.Sort(r.exported)
		t.Logf("%-20s %3d", dir, n)
		if n > exports[dir] {
			t.Errorf("%s exports %d identifiers, more than %d:\n%s", dir, n, exports[dir], strings.Join(r.exported, "\n"))
		}
	}
	t.Logf("%-20s %3d", "in all", all)
}

// TestFunctionsAndFilesAreShort bounds what is read at once.
func TestFunctionsAndFilesAreShort(t *testing.T) {
	t.Parallel()
	for dir, r := range rooms(t) {
		for name, lines := range r.functions {
			if lines > longestFunction {
				t.Errorf("%s: %s has %d lines, more than %d", dir, name, lines, longestFunction)
			}
		}
		for name, lines := range r.files {
			if lines > longestFile {
				t.Errorf("%s/%s has %d lines, more than %d", dir, name, lines, longestFile)
			}
		}
	}
}

// TestImportsPointDown finds arrows from a room to one above it.
func TestImportsPointDown(t *testing.T) {
	t.Parallel()
	var up []string
	for _, arrow := range arrows(rooms(t)) {
		from, to, _ := strings.Cut(arrow, " → ")
		place := func(name string) int {
			i := slices.Index(order, name)
			require.GreaterOrEqual(t, i, 0, fmt.Sprintf("%s has no place among the rooms", name))
			return i
		}
		if place(to) > place(from) {
			up = append(up, arrow)
		}
	}
	require.Empty(t, up, "imports that point up")
}

// TestOnlyTheEdgesKnowTheProvider: whatever else talks to it does so in the words of
// internal/provider.
func TestOnlyTheEdgesKnowTheProvider(t *testing.T) {
	t.Parallel()
	edges := []string{"wavespeed/wavespeedtest", "webhook", "webhook/signaler", "worker", "cmd", "cmd/internal", "examples", "tests"}
	for _, arrow := range arrows(rooms(t)) {
		from, to, _ := strings.Cut(arrow, " → ")
		if strings.HasPrefix(from, "cmd/internal/") {
			from = "cmd/internal"
		}
		if to == "wavespeed" && !slices.Contains(edges, from) {
			t.Errorf("%s imports package wavespeed", from)
		}
	}
}
