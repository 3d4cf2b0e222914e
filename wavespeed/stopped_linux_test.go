package wavespeed_test

import (
	"context"
	"net/http/httptrace"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/provider"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
)

const stopEnv = "WAVESPEED_TEST_STOP_AT"

func init() { otherSelf = stopMyself }

// stopMyself is the other process of the test below: it submits, and stops itself
// with a real SIGSTOP just before it would write.
func stopMyself() bool {
	base := os.Getenv(stopEnv)
	if base == "" {
		return false
	}
	c, err := wavespeed.New(wavespeed.Options{APIKey: key, BaseURL: base})
	if err != nil {
		panic(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) {
		_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
		for began := time.Now(); time.Since(began) < 50*time.Millisecond; { // this thread may run on for a moment
		}
	}})
	_, err = c.Submit(ctx, flux)
	if failed, ok := err.(*wavespeed.Error); !ok || failed.Accepted != provider.NeverSent {
		os.Exit(3)
	}
	return true
}

func TestAStoppedProcessWritesNothingWhenItGoesOn(t *testing.T) {
	t.Parallel()
	for range 2 {
		received := newReceived()
		address := listen(t, received.readAll)
		self, err := os.Executable()
		require.NoError(t, err)
		process := exec.Command(self)
		process.Env = append(os.Environ(), stopEnv+"=http://"+address)
		require.NoError(t, process.Start())
		var once sync.Once
		t.Cleanup(func() { once.Do(func() { _ = process.Process.Kill(); _ = process.Wait() }) })

		require.Eventually(t, func() bool { return stopped(t, process.Process.Pid) }, 10*time.Second, 10*time.Millisecond)
		time.Sleep(1100 * time.Millisecond) // past its deadline: the one wait that is about time itself
		require.NoError(t, process.Process.Signal(syscall.SIGCONT))

		once.Do(func() { err = process.Wait() })
		require.NoError(t, err, "the process says that its submit was sent")
		require.Empty(t, received.wait(t))
	}
}

func stopped(t *testing.T, pid int) bool {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	require.NoError(t, err)
	return strings.Contains(string(status), "State:\tT")
}
