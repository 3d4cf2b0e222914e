package tests

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
)

// patience bounds every wait of these tests. It is long because the machine
// may be busy, and costs nothing when things go well.
const patience = time.Minute

// process is one running dev server.
type process struct {
	cmd            *exec.Cmd
	port           int
	stdout, stderr *output
	done           chan struct{} // closed once it has ended
}

// start runs "server start-dev" on a free port, and returns when it says that
// it is ready.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	return startOn(t, freePort(t), args...)
}

func startOn(t *testing.T, port int, args ...string) *process {
	t.Helper()
	p := launch(t, port, args...)
	p.waitFor(t, p.stdout, "Database:") // the last of the lines that tell where it serves
	return p
}

// launch returns at once.
func launch(t *testing.T, port int, args ...string) *process {
	t.Helper()
	p := &process{port: port, stdout: newOutput(), stderr: newOutput(), done: make(chan struct{})}
	p.cmd = exec.Command(binary, append([]string{"server", "start-dev", "--port", strconv.Itoa(port)}, args...)...)
	p.cmd.Stdout, p.cmd.Stderr = p.stdout, p.stderr
	require.NoError(t, p.cmd.Start())
	go func() {
		_ = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.done
		if t.Failed() {
			t.Logf("stdout:\n%s\nstderr:\n%s", p.stdout, p.stderr)
		}
	})
	return p
}

// waitFor waits until the text stands on stdout or stderr.
func (p *process) waitFor(t *testing.T, where *output, text string) {
	t.Helper()
	timeout := time.After(patience)
	for !strings.Contains(where.String(), text) {
		select {
		case <-where.written:
		case <-p.done:
			t.Fatalf("it ended before it printed %q: %s", text, p.stderr)
		case <-timeout:
			t.Fatalf("it did not print %q", text)
		}
	}
}

// stop sends a signal and returns the exit code.
func (p *process) stop(t *testing.T, signal os.Signal) int {
	t.Helper()
	require.NoError(t, p.cmd.Process.Signal(signal))
	select {
	case <-p.done:
	case <-time.After(patience):
		t.Fatalf("it did not end after %s", signal)
	}
	return p.cmd.ProcessState.ExitCode()
}

func (p *process) kill(t *testing.T) {
	t.Helper()
	require.Equal(t, -1, p.stop(t, syscall.SIGKILL))
}

func (p *process) address() string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(p.port))
}

// dial returns a client of a namespace. It fails when the server does not
// answer at once.
func (p *process) dial(t *testing.T, namespace string) client.Client {
	t.Helper()
	c, err := client.Dial(client.Options{HostPort: p.address(), Namespace: namespace, Logger: quiet{}})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// refused runs the dev server with arguments that it must refuse, and returns
// what it said and its exit code.
func refused(t *testing.T, args ...string) (complaint string, code int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(bounded(t), binary, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	var exit *exec.ExitError
	require.ErrorAs(t, cmd.Run(), &exit)
	require.Empty(t, stdout.String())
	lines := strings.Split(strings.TrimSuffix(stderr.String(), "\n"), "\n")
	require.Len(t, lines, 1, "want one line")
	return lines[0], exit.ExitCode()
}

// run runs the dev server with arguments that it answers at once.
func run(t *testing.T, args ...string) string {
	t.Helper()
	answer, err := exec.CommandContext(bounded(t), binary, args...).Output()
	require.NoError(t, err)
	return string(answer)
}

func freePort(t *testing.T) int {
	t.Helper()
	return occupiedPort(t, func(listener net.Listener) { _ = listener.Close() })
}

// occupiedPort listens on some port and passes the listener on.
func occupiedPort(t *testing.T, then func(net.Listener)) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	then(listener)
	return listener.Addr().(*net.TCPAddr).Port
}

// output collects what a process writes, and tells of each write.
type output struct {
	mu      sync.Mutex
	text    bytes.Buffer
	written chan struct{}
}

func newOutput() *output { return &output{written: make(chan struct{}, 1)} }

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.written <- struct{}{}:
	default:
	}
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// quiet is a logger for clients and workers whose server comes and goes.
type quiet struct{}

var _ log.Logger = quiet{}

func (quiet) Debug(string, ...any) {}
func (quiet) Info(string, ...any)  {}
func (quiet) Warn(string, ...any)  {}
func (quiet) Error(string, ...any) {}

func flag(name string, value any) string { return fmt.Sprintf("--%s=%v", name, value) }
