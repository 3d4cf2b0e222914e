package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/google/uuid"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"go.temporal.io/sdk/client"
)

// waitQueue is the task queue of the worker process whose memory is measured.
const waitQueue = "bench-waiting"

// memory lets many generations wait in a worker process of its own, reads the
// process's resident memory, and then has them all end.
func (b *bench) memory(ctx context.Context, out io.Writer, size sizes) error {
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	worker, err := b.startWorkerProcess(ctx, dir)
	if err != nil {
		return err
	}
	defer func() {
		_ = worker.Process.Signal(syscall.SIGTERM)
		_ = worker.Wait()
	}()
	b.provider.holdBack()
	began := time.Now()
	runs := make([]client.WorkflowRun, size.waiting)
	err = inParallel(size.waiting, concurrency, func(i int) error {
		request := request()
		request.Timing.Grace = time.Hour
		run, err := b.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "waiting-" + uuid.NewString(), TaskQueue: waitQueue},
			generation.WorkflowName, request)
		runs[i] = run
		return err
	})
	if err != nil {
		return err
	}
	if err := b.awaitHeld(ctx, size.waiting); err != nil {
		return err
	}
	waiting := time.Since(began)
	peak, now, err := residentMiB(worker.Process.Pid)
	if err != nil {
		return err
	}
	began = time.Now()
	ends := b.provider.release()
	if err := inParallel(len(ends), concurrency, func(i int) error { ends[i](); return nil }); err != nil {
		return err
	}
	err = inParallel(len(runs), concurrency, func(i int) error {
		return runs[i].Get(ctx, nil)
	})
	if err != nil {
		return fmt.Errorf("a waiting generation was lost: %w", err)
	}
	peakEnd, _, err := residentMiB(worker.Process.Pid)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "## Memory of a worker with %d generations waiting\n\n", size.waiting)
	fmt.Fprintf(out, "| MiB while waiting | most until then | most until the end | all submitted after | all completed after |\n| --- | --- | --- | --- | --- |\n| %.0f | %.0f | %.0f | %.0f s | %.0f s |\n\nNone was lost: each was awaited, and completed.\n",
		now, peak, peakEnd, waiting.Seconds(), time.Since(began).Seconds())
	return nil
}

// startWorkerProcess runs the daemon's worker as it is deployed.
func (b *bench) startWorkerProcess(ctx context.Context, dir string) (*exec.Cmd, error) {
	program := filepath.Join(dir, "wavespeed-temporal")
	build := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/wavespeed-temporal")
	if output, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, output)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	admin := listener.Addr().String()
	listener.Close()
	cmd := exec.Command(program, "worker")
	cmd.Env = append(os.Environ(),
		"TEMPORAL_ADDRESS="+b.server.FrontendHostPort(),
		"TEMPORAL_TASK_QUEUE="+waitQueue,
		"WAVESPEED_BASE_URL="+b.provider.url,
		"WAVESPEED_API_KEY=bench",
		"WAVESPEED_WEBHOOK_SECRET="+secret,
		"WAVESPEED_PRICES=false",
		"WEBHOOK_PUBLIC_URL="+b.hookURL,
		"ADMIN_LISTEN="+admin,
	)
	cmd.Stderr = os.Stderr
	return cmd, cmd.Start()
}

// residentMiB reads a process's highest and present resident memory.
func residentMiB(pid int) (peak, now float64, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, err
	}
	for line := range bytes.Lines(status) {
		name, value, _ := strings.Cut(string(line), ":")
		kib, _ := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 64)
		switch name {
		case "VmHWM":
			peak = kib / 1024
		case "VmRSS":
			now = kib / 1024
		}
	}
	return peak, now, nil
}
