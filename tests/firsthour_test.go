package tests

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
)

// TestFirstHour reads README from top to bottom and does what it says, in a copy of this
// project as a fresh clone has it, with a temporal command on the PATH.
//
// Left out are make test, which is what runs this, and the blocks that name a test of
// their own.
func TestFirstHour(t *testing.T) {
	clone := cloneOf(t)
	path := filepath.Join(t.TempDir(), "path")
	require.NoError(t, os.Mkdir(path, 0o750))
	require.NoError(t, os.Symlink(stack.DevServer(), filepath.Join(path, "temporal")))
	env := []string{"DEVSERVER=", "WAVESPEED_API_KEY=", "WEBHOOK_PUBLIC_URL=", "PATH=" + path + ":" + os.Getenv("PATH")}
	r := &reader{t: t, dir: clone, env: env}
	r.begin = func(file, inputs string) string {
		id := strings.TrimSuffix(file, ".yaml") + "-" + uuid.NewString()[:8]
		r.execute("wavespeed-temporal pipeline run " + file + " --id " + id + " " + inputs)
		return id
	}
	for _, b := range blocksOf(t, "README.md") {
		if strings.HasPrefix(b.text, "make dev\n") {
			makeDev(t, clone, env)
			r.env = append(env, "BASH_ENV="+filepath.Join(clone, "out", "dev", "env"))
			b.text = strings.TrimPrefix(b.text, "make dev\n")
		}
		b.text = strings.Replace(b.text, "make test ", "# make test ", 1)
		r.read(b)
	}
	require.Greater(t, r.executed, 8, "README shows hardly anything")
}

// makeDev runs make dev until the test ends, with all that it starts in one group.
func makeDev(t *testing.T, dir string, env []string) {
	t.Helper()
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	require.NoError(t, err)
	dev := exec.Command("make", "dev")
	dev.Dir, dev.Env, dev.Stdout, dev.Stderr = dir, append(os.Environ(), env...), log, log
	dev.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(t, dev.Start())
	t.Cleanup(func() {
		require.NoError(t, syscall.Kill(-dev.Process.Pid, syscall.SIGINT))
		_ = dev.Wait()
		_ = log.Close()
		stack.Eventually(t, "something is left running", func() bool { return syscall.Kill(-dev.Process.Pid, 0) != nil })
	})
	stack.Eventually(t, "make dev does not come up", func() bool {
		text, err := os.ReadFile(log.Name())
		return err == nil && strings.Contains(string(text), "Try, in another terminal")
	})
}

// cloneOf is what git would take of this project, with what is not committed yet.
func cloneOf(t *testing.T) string {
	t.Helper()
	list := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = stack.Root()
	files, err := list.Output()
	require.NoError(t, err)
	clone := t.TempDir()
	for file := range strings.SplitSeq(strings.TrimRight(string(files), "\x00"), "\x00") {
		content, err := os.ReadFile(filepath.Join(stack.Root(), file))
		if os.IsNotExist(err) {
			continue // removed, and not committed
		}
		require.NoError(t, err)
		to := filepath.Join(clone, file)
		require.NoError(t, os.MkdirAll(filepath.Dir(to), 0o750))
		require.NoError(t, os.WriteFile(to, content, 0o600))
	}
	return clone
}
