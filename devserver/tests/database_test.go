package tests

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
)

func TestKilledServerGoesOn(t *testing.T) {
	t.Parallel()
	// A name with characters that mean something in the URI SQLite is given.
	file := filepath.Join(t.TempDir(), "what? 100% #1.db")
	first := start(t, "--headless", "--db-filename", file)
	c := first.dial(t, "default")
	work(t, c)
	ended := begin(t, c, client.StartWorkflowOptions{ID: "ended"}, greet, "you")
	requireResult(t, ended, "Hello, you")
	waiting := begin(t, c, client.StartWorkflowOptions{ID: "waiting"}, await)
	first.kill(t)

	// The same client and worker find the new process, on the same port.
	second := startOn(t, first.port, "--headless", "--db-filename", file)
	require.NoError(t, c.SignalWorkflow(bounded(t), waiting.GetID(), waiting.GetRunID(), "news", "good"))
	requireResult(t, waiting, "good")
	requireResult(t, ended, "Hello, you")
	require.Zero(t, second.stop(t, syscall.SIGTERM))
}

func TestCleanStopLeavesOneFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "dev.db")
	first := start(t, "--headless", "--db-filename", file)
	waiting := begin(t, first.dial(t, "default"), client.StartWorkflowOptions{ID: "waiting"}, await)
	require.Zero(t, first.stop(t, syscall.SIGTERM))

	// A copy of the file alone has everything.
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	moved := filepath.Join(t.TempDir(), "moved.db")
	require.NoError(t, os.WriteFile(moved, content, 0o600))
	second := start(t, "--headless", "--db-filename", moved)
	c := second.dial(t, "default")
	work(t, c)
	require.NoError(t, c.SignalWorkflow(bounded(t), waiting.GetID(), waiting.GetRunID(), "news", "good"))
	requireResult(t, c.GetWorkflow(bounded(t), waiting.GetID(), waiting.GetRunID()), "good")
}

func TestMemoryIsForgotten(t *testing.T) {
	t.Parallel()
	first := start(t, "--headless")
	waiting := begin(t, first.dial(t, "default"), client.StartWorkflowOptions{ID: "waiting"}, await)
	require.Zero(t, first.stop(t, syscall.SIGTERM))

	second := startOn(t, first.port, "--headless")
	_, err := second.dial(t, "default").DescribeWorkflowExecution(bounded(t), waiting.GetID(), "")
	require.ErrorContains(t, err, "not found")
}

func TestFileInUse(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "dev.db")
	start(t, "--headless", "--db-filename", file)
	complaint, code := refused(t, "server", "start-dev", "--headless", flag("port", freePort(t)), "--db-filename", file)
	require.Equal(t, 1, code)
	require.Contains(t, complaint, file)
	require.Contains(t, complaint, "another process has this database open")
}

func TestFileRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	require.NoError(t, os.WriteFile(text, []byte(strings.Repeat("no database ", 1000)), 0o600))
	tests := map[string]struct{ file, want string }{
		"no directory": {filepath.Join(dir, "none", "dev.db"), "there is no directory"},
		"no database":  {text, "not a database"},
		"a directory":  {dir, "unable to open"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			complaint, code := refused(t, "server", "start-dev", "--headless", flag("port", freePort(t)), "--db-filename", test.file)
			require.Equal(t, 1, code)
			require.Contains(t, complaint, "--db-filename")
			require.Contains(t, complaint, test.want)
		})
	}
}

func TestPragmas(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "dev.db")
	start(t, "--headless", "--db-filename", file)
	require.FileExists(t, file+"-wal", "a write-ahead log by default")

	file = filepath.Join(t.TempDir(), "dev.db")
	start(t, "--headless", "--db-filename", file, "--sqlite-pragma", "journal_mode=truncate")
	require.NoFileExists(t, file+"-wal")
}
