package tests

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
)

func devEnv() []string {
	return []string{"WAVESPEED_API_KEY=", "WEBHOOK_PUBLIC_URL=", "DEVSERVER=" + stack.DevServer()}
}

// TestDemo ends by itself, with pictures that open and nothing left running.
//
// It is not parallel to TestDev, since both take the usual ports.
func TestDemo(t *testing.T) {
	demo := exec.Command(stack.Build(t, "dev"), "demo")
	demo.Dir = t.TempDir()
	demo.Env = append(os.Environ(), devEnv()...)
	demo.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	output, err := demo.CombinedOutput()
	require.NoError(t, err, "%s", output)
	for _, text := range []string{"still", "clip", "film", "completed", "/workflows/film-", "saved "} {
		require.Contains(t, string(output), text)
	}
	require.FileExists(t, demo.Dir+"/out/demo/still.png")
	require.ErrorIs(t, syscall.Kill(-demo.Process.Pid, 0), syscall.ESRCH, "something is left running")
}

// TestDev stays up, and the commands that it prints work.
func TestDev(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Symlink(filepath.Join(stack.Root(), "examples"), filepath.Join(dir, "examples")))
	dev := stack.StartProcessIn(t, dir, stack.Build(t, "dev"), []string{"up"}, devEnv())
	stack.Eventually(t, "it does not come up", func() bool { return strings.Contains(dev.Log(), "Try, in another terminal") })
	commands := regexp.MustCompile(`(?m)^  (export |go run |curl )(.*)$`).FindAllStringSubmatch(dev.Log(), -1)
	require.Greater(t, len(commands), 8)
	env := os.Environ()
	program := stack.Build(t, "wavespeed-temporal")
	run := func(command string) ([]byte, error) {
		printed := exec.Command("bash", "-c", strings.Replace(command, "go run ./cmd/wavespeed-temporal", program, 1))
		printed.Dir, printed.Env = dir, env
		return printed.CombinedOutput()
	}
	for _, command := range commands {
		if command[1] == "export " {
			env = append(env, command[2])
			continue
		}
		// It asks people, and waits for them.
		if strings.Contains(command[2], "styles.yaml") {
			continue
		}
		output, err := run(command[1] + command[2])
		require.NoError(t, err, "%s\n%s", command[2], output)
		if command[1] == "go run " && !strings.Contains(command[2], "--help") {
			require.Contains(t, string(output), "/outputs/")
		}
	}
	// The last of them has the next run fail, which names what to do.
	output, err := run("go run ./cmd/wavespeed-temporal pipeline run out/demo/film.yaml --id repaired")
	require.Error(t, err)
	require.Contains(t, string(output), "pipeline rerun repaired")
	output, err = run("go run ./cmd/wavespeed-temporal pipeline rerun repaired")
	require.NoError(t, err, "%s", output)
	require.Contains(t, string(output), "kept")
	dev.Signal(os.Interrupt)
	require.Zero(t, dev.Wait())
}
