package tests

import (
	"os"
	"os/exec"
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
	for _, text := range []string{"still", "clip", "film", "completed", "/workflows/clip-", "saved as"} {
		require.Contains(t, string(output), text)
	}
	require.FileExists(t, demo.Dir+"/out/demo/still.png")
	require.ErrorIs(t, syscall.Kill(-demo.Process.Pid, 0), syscall.ESRCH, "something is left running")
}

// TestDev stays up, and the commands that it prints work.
func TestDev(t *testing.T) {
	dev := stack.StartProcess(t, stack.Build(t, "dev"), []string{"up"}, devEnv())
	stack.Eventually(t, "it does not come up", func() bool { return strings.Contains(dev.Log(), "Try, in another terminal") })
	_, rest, _ := strings.Cut(dev.Log(), "export TEMPORAL_ADDRESS=")
	address, _, _ := strings.Cut(rest, "\n")
	generate := exec.Command(stack.Build(t, "wavespeed-temporal"), "generate", "wavespeed-ai/flux-dev", "prompt=a cat in the rain", "--wait", "--address", address)
	output, err := generate.CombinedOutput()
	require.NoError(t, err, "%s", output)
	require.Contains(t, string(output), "/outputs/")
	dev.Signal(os.Interrupt)
	require.Zero(t, dev.Wait())
}
