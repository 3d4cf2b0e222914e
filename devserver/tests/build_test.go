package tests

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBuildIsQuietWhenUpToDate(t *testing.T) {
	t.Parallel()
	before, err := os.Stat(binary)
	require.NoError(t, err)
	output, err := exec.Command("sh", "../build.sh", binary).CombinedOutput()
	require.NoError(t, err)
	require.Empty(t, string(output))
	after, err := os.Stat(binary)
	require.NoError(t, err)
	require.Equal(t, before.ModTime(), after.ModTime())
}

func TestBuildFailureTellsWhy(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"go.mod":  "module broken\n\ngo 1.26\n",
		"go.sum":  "",
		"main.go": "package main\n\nfunc main() { nonsense() }\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	script, err := os.ReadFile("../build.sh")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "build.sh"), script, 0o600))

	output, err := exec.Command("sh", filepath.Join(dir, "build.sh"), filepath.Join(dir, "out", "server")).CombinedOutput()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	require.Contains(t, string(output), "takes some minutes")
	require.Contains(t, string(output), "main.go:3:15: undefined: nonsense")
	left, err := os.ReadDir(filepath.Join(dir, "out"))
	require.NoError(t, err)
	require.Empty(t, left)
}
