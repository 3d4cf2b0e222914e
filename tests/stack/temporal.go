package stack

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
)

// patience is how long a condition may take on a loaded machine.
const patience = 2 * time.Minute

// Temporal is a Temporal server in a process of its own.
type Temporal struct {
	*Process
	Address string
	UI      string
}

// StartTemporal runs a server for this test alone, on a database file, so that it
// can be killed and started again.
func StartTemporal(t testing.TB) *Temporal {
	t.Helper()
	return startTemporal(t, "--db-filename", filepath.Join(t.TempDir(), "temporal.db"))
}

var (
	sharedMu sync.Mutex
	shared   *Temporal
	sharedTB *longLived
)

// SharedTemporal is one server in memory for all tests of a package; its TestMain
// ends it with StopShared.
func SharedTemporal(t testing.TB) *Temporal {
	t.Helper()
	sharedMu.Lock()
	defer sharedMu.Unlock()
	if shared == nil {
		sharedTB = &longLived{TB: t}
		shared = startTemporal(sharedTB)
	}
	return shared
}

// StopShared ends what SharedTemporal began.
func StopShared() {
	sharedMu.Lock()
	defer sharedMu.Unlock()
	if shared != nil {
		shared.Kill()
	}
}

// longLived is a test whose end ends nothing.
type longLived struct{ testing.TB }

func (*longLived) Cleanup(func()) {}

func (*longLived) TempDir() string { return os.TempDir() }

func startTemporal(t testing.TB, args ...string) *Temporal {
	t.Helper()
	for {
		ports := FreePorts(t, 2)
		process := StartProcess(t, temporalProgram(t), append([]string{
			"server", "start-dev", "--ip", "127.0.0.1", "--port", ports[0], "--ui-port", ports[1], "--log-level", "error",
		}, args...), nil)
		server := &Temporal{Process: process, Address: "127.0.0.1:" + ports[0], UI: "http://127.0.0.1:" + ports[1]}
		server.awaitStart()
		if server.Running() {
			return server
		}
		// Another package's tests, which run beside these, may have taken a port meanwhile;
		// what then answers on it is theirs, and ends with them.
		require.Contains(t, server.Log(), "is taken")
	}
}

// AwaitReady waits until the server serves.
func (s *Temporal) AwaitReady() {
	s.awaitStart()
	require.True(s.t, s.Running(), "Temporal has ended:\n%s", s.Log())
}

// awaitStart waits until the server serves, or has ended.
func (s *Temporal) awaitStart() {
	Eventually(s.t, "Temporal does not serve", func() bool {
		if !s.Running() {
			return true
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		c, err := client.DialContext(ctx, client.Options{HostPort: s.Address, Logger: silent})
		if err != nil {
			return false
		}
		c.Close()
		return true
	})
}

// Client is a client of the server's default namespace.
func (s *Temporal) Client(t testing.TB) client.Client {
	t.Helper()
	c, err := client.NewLazyClient(client.Options{HostPort: s.Address, Logger: silent})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

var silent = log.NewStructuredLogger(slog.New(slog.DiscardHandler))

// DevServer is the Temporal server's program: what DEVSERVER names, or that of make.
func DevServer() string {
	if program := os.Getenv("DEVSERVER"); program != "" {
		return program
	}
	return filepath.Join(Root(), "bin", "devserver")
}

func temporalProgram(t testing.TB) string {
	program := DevServer()
	_, err := os.Stat(program)
	require.NoError(t, err, "no Temporal dev server: run make devserver")
	return program
}

// FreePorts are ports of this machine on which nothing listens. They are not among those
// that Linux gives to connections, so that a program finds its port free when it is
// started again.
func FreePorts(t testing.TB, n int) []string {
	t.Helper()
	const lowest, highest = 10_000, 32_000
	ports := make([]string, n)
	for i := range ports {
		for ports[i] == "" {
			port := strconv.Itoa(lowest + rand.IntN(highest-lowest))
			listener, err := net.Listen("tcp", "127.0.0.1:"+port)
			if err != nil {
				continue // it is taken
			}
			defer listener.Close()
			ports[i] = port
		}
	}
	return ports
}

// Eventually waits for a condition.
func Eventually(t testing.TB, failure string, condition func() bool, details ...any) {
	t.Helper()
	require.Eventually(t, condition, patience, 20*time.Millisecond, fmt.Sprint(append([]any{failure}, details...)...))
}
