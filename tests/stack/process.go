package stack

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Process is a running program.
type Process struct {
	t    testing.TB
	name string
	args []string
	env  []string
	dir  string

	mu   sync.Mutex
	cmd  *exec.Cmd
	done chan struct{}
	log  bytes.Buffer
}

// StartProcess runs a program until the test ends. When the test has failed, what
// it printed is shown.
func StartProcess(t testing.TB, program string, args, env []string) *Process {
	t.Helper()
	return StartProcessIn(t, t.TempDir(), program, args, env)
}

// StartProcessIn does so in a folder.
func StartProcessIn(t testing.TB, dir, program string, args, env []string) *Process {
	t.Helper()
	p := &Process{t: t, name: program, args: args, env: env, dir: dir}
	p.Start()
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() {
			t.Logf("%s %v printed:\n%s", filepath.Base(program), args, p.Log())
		}
	})
	return p
}

// Start runs the program again after it was killed or has ended.
func (p *Process) Start() {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cmd = exec.Command(p.name, p.args...)
	p.cmd.Dir = p.dir
	p.cmd.Env = append(os.Environ(), p.env...)
	p.cmd.Stdout, p.cmd.Stderr = (*lockedLog)(p), (*lockedLog)(p)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	// The signal comes when the thread that started the process ends.
	started := make(chan error)
	done := make(chan struct{})
	p.done = done
	cmd := p.cmd
	go func() {
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
		close(done)
	}()
	require.NoError(p.t, <-started)
}

// Kill ends the process as a crash would, and waits until it is gone.
func (p *Process) Kill() { p.Signal(syscall.SIGKILL); <-p.ended() }

// Terminate asks the process to stop, and returns its exit code.
func (p *Process) Terminate() int {
	p.Signal(syscall.SIGTERM)
	return p.Wait()
}

// Signal sends a signal, if the process still runs.
func (p *Process) Signal(signal os.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.cmd.Process.Signal(signal)
}

// Wait waits for the process to end, and returns its exit code.
func (p *Process) Wait() int {
	p.t.Helper()
	select {
	case <-p.ended():
	case <-time.After(patience):
		require.FailNow(p.t, "the process does not end", "%s\n%s", p.name, p.Log())
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cmd.ProcessState.ExitCode()
}

func (p *Process) ended() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.done
}

// Running tells whether the process has not ended.
func (p *Process) Running() bool {
	select {
	case <-p.ended():
		return false
	default:
		return true
	}
}

// PID is the process's id.
func (p *Process) PID() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cmd.Process.Pid
}

// Log is all that the program has printed, in all its lives.
func (p *Process) Log() string {
	logMu.Lock()
	defer logMu.Unlock()
	return p.log.String()
}

// logMu guards every process's log; Process.mu is held while a process is started.
var logMu sync.Mutex

type lockedLog Process

func (l *lockedLog) Write(text []byte) (int, error) {
	logMu.Lock()
	defer logMu.Unlock()
	return l.log.Write(text)
}
