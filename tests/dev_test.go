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

// TestDev stays up, and the commands that it prints work. After a restart, the runs are
// there, with what the provider made for them.
func TestDev(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Symlink(filepath.Join(stack.Root(), "examples"), filepath.Join(dir, "examples")))
	require.NoError(t, os.Symlink(filepath.Dir(programs(t)), filepath.Join(dir, "bin")))
	dev := stack.StartProcessIn(t, dir, stack.Build(t, "dev"), []string{"up"}, devEnv())
	invited := func() bool { return strings.Contains(dev.Log(), "Try, in another terminal") }
	stack.Eventually(t, "it does not come up", invited)
	commands := regexp.MustCompile(`(?m)^  (wavespeed-temporal |curl )(.*)$`).FindAllStringSubmatch(dev.Log(), -1)
	require.Greater(t, len(commands), 5)
	run := func(command string) (string, error) {
		printed := exec.Command("bash", "-c", ". out/dev/env\n"+command)
		printed.Dir = dir
		output, err := printed.CombinedOutput()
		return string(output), err
	}
	for _, command := range commands {
		// It asks people, and waits for them.
		if strings.Contains(command[2], "styles.yaml") {
			continue
		}
		output, err := run(command[1] + command[2])
		require.NoError(t, err, "%s\n%s", command[2], output)
		if command[1] == "wavespeed-temporal " && !strings.Contains(command[2], "--help") {
			require.Contains(t, output, "/outputs/")
		}
	}
	// The last of them has the next run fail, which names what to do.
	output, err := run("wavespeed-temporal pipeline run out/demo/film.yaml --id repaired")
	require.Error(t, err)
	require.Contains(t, output, "pipeline rerun repaired")
	dev.Signal(os.Interrupt)
	require.Zero(t, dev.Wait())

	dev.Start()
	stack.Eventually(t, "it does not come up again", func() bool { return strings.Count(dev.Log(), "Try, in another terminal") == 2 })
	require.Contains(t, dev.Log(), "Continuing with the data in out/dev")
	output, err = run("wavespeed-temporal pipeline rerun repaired --output kept")
	require.NoError(t, err, "%s", output)
	require.Contains(t, output, "kept")
	pictures, err := filepath.Glob(filepath.Join(dir, "kept", "*still*.png"))
	require.NoError(t, err)
	require.NotEmpty(t, pictures, "%s", output)
	dev.Signal(os.Interrupt)
	require.Zero(t, dev.Wait())
}

// TestDemoUsesTheTemporalOnThePath, unless that is too old.
func TestDemoUsesTheTemporalOnThePath(t *testing.T) {
	for _, test := range []struct {
		name, temporal, says string
	}{
		{"new enough", `exec "$DEV" "$@"`, "Using "},
		{"too old", `echo "temporal version 1.1.1 (Server 1.25.1, UI 2.31.2)"`, "its server is 1.25, and this needs 1.28 or newer"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "path")
			require.NoError(t, os.MkdirAll(filepath.Join(dir, "devserver"), 0o750))
			require.NoError(t, os.Mkdir(path, 0o750))
			require.NoError(t, os.WriteFile(filepath.Join(path, "temporal"), []byte("#!/bin/sh\n"+test.temporal+"\n"), 0o700)) // #nosec G306 -- it is run
			// In place of a build that takes minutes.
			require.NoError(t, os.WriteFile(filepath.Join(dir, "devserver", "build.sh"), []byte("echo building\nmkdir -p bin\nln -s \"$DEV\" \"$1\"\n"), 0o600))
			demo := exec.Command(stack.Build(t, "dev"), "demo")
			demo.Dir = dir
			demo.Env = append(os.Environ(), "WAVESPEED_API_KEY=", "WEBHOOK_PUBLIC_URL=", "DEVSERVER=", "DEV="+stack.DevServer(), "PATH="+path+":"+os.Getenv("PATH"))
			output, err := demo.CombinedOutput()
			require.NoError(t, err, "%s", output)
			require.Contains(t, string(output), test.says)
			require.Equal(t, test.name != "new enough", strings.Contains(string(output), "building"))
		})
	}
}
