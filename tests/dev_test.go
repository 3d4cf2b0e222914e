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
	commands := regexp.MustCompile(`(?m)^  (export |go run )(.*)$`).FindAllStringSubmatch(dev.Log(), -1)
	require.Greater(t, len(commands), 8)
	env := os.Environ()
	for _, command := range commands {
		if command[1] == "export " {
			env = append(env, command[2])
			continue
		}
		// It asks people, and waits for them.
		if strings.Contains(command[2], "styles.yaml") {
			continue
		}
		printed := exec.Command("bash", "-c", strings.Replace(command[2], "./cmd/wavespeed-temporal", stack.Build(t, "wavespeed-temporal"), 1))
		printed.Dir, printed.Env = dir, env
		output, err := printed.CombinedOutput()
		require.NoError(t, err, "%s\n%s", command[2], output)
		if !strings.Contains(command[2], "--help") {
			require.Contains(t, string(output), "/outputs/")
		}
	}
	dev.Signal(os.Interrupt)
	require.Zero(t, dev.Wait())
}
