package main

import (
	"bytes"
	"context"
	"errors"
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
	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/limits"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// waitQueue is the task queue of the worker process whose memory is measured.
const waitQueue = "bench-waiting"

const (
	// waitingRuns is how many runs there are, each with its part of the items.
	waitingRuns = 5

	// waitingSlots is how many predictions the account may have at once.
	waitingSlots = 300

	// waitingMemory is the memory limit that the Go runtime is told of.
	waitingMemory = "56MiB"

	// quiet is for how long nothing happens while the CPU time is read.
	quiet = 30 * time.Second
)

// memory lets the items of five runs wait for a slot of their account, in a worker process of its
// own, reads the process's memory and CPU time, and then has them all made.
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
	items := size.waiting / waitingRuns
	runs, err := b.startWaiting(ctx, items)
	if err != nil {
		return err
	}
	waiting := time.Since(began)
	before, err := cpuTime(worker.Process.Pid)
	if err != nil {
		return err
	}
	time.Sleep(quiet)
	after, err := cpuTime(worker.Process.Pid)
	if err != nil {
		return err
	}
	peak, now, err := residentMiB(worker.Process.Pid)
	if err != nil {
		return err
	}
	began = time.Now()
	if err := b.endWaiting(ctx, runs, items); err != nil {
		return err
	}
	peakEnd, _, err := residentMiB(worker.Process.Pid)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "## A worker while %d generations wait\n\n%d runs with a `for_each` of %d items each, for an account that may run %d. The process is the daemon as it is deployed, with `GOMEMLIMIT=%s`.\n\n", items*waitingRuns, waitingRuns, items, waitingSlots, waitingMemory)
	fmt.Fprintf(out, "| MiB while waiting | most until then | most until the end | CPU while waiting | all wait after | all completed after |\n| --- | --- | --- | --- | --- | --- |\n| %.0f | %.0f | %.0f | %.1f %% | %.0f s | %.0f s |\n\nNone was lost: each was made.\n",
		now, peak, peakEnd, 100*(after-before).Seconds()/quiet.Seconds(), waiting.Seconds(), time.Since(began).Seconds())
	return nil
}

// startWaiting starts the runs, and returns once all of their items wait that have no slot.
func (b *bench) startWaiting(ctx context.Context, items int) (runs []client.WorkflowRun, err error) {
	for range waitingRuns {
		request := fanOutRun(items)
		request.Pipeline.Steps[0].Value.ForEach.MaxParallel = items
		run, err := b.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "waiting-" + uuid.NewString(), TaskQueue: waitQueue}, pipeline.WorkflowName, request)
		if err != nil {
			return nil, err
		}
		runs = append(runs, run)
	}
	return runs, b.awaitWaiting(ctx, items*waitingRuns-waitingSlots)
}

// endWaiting lets all predictions end, and checks that each item was made.
func (b *bench) endWaiting(ctx context.Context, runs []client.WorkflowRun, items int) error {
	ends := b.provider.release()
	if err := inParallel(len(ends), concurrency, func(i int) error { ends[i](); return nil }); err != nil {
		return err
	}
	for _, run := range runs {
		var result pipeline.Result
		if err := run.Get(ctx, &result); err != nil {
			return fmt.Errorf("a waiting run was lost: %w", err)
		}
		if made := result.Steps[0].Items.Completed; made != items {
			return fmt.Errorf("of %d items %d were made", items, made)
		}
	}
	return nil
}

// awaitWaiting waits until so many submits wait for a slot.
func (b *bench) awaitWaiting(ctx context.Context, n int) error {
	for {
		usage, err := limits.Show(ctx, b.client, "")
		switch {
		case err != nil && !errors.Is(err, limits.ErrNoKeeper):
			return err
		case usage.Waiting >= n:
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
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
		fmt.Sprintf("WAVESPEED_LIMITS=running=%d", waitingSlots),
		"GOMEMLIMIT="+waitingMemory,
		"WEBHOOK_PUBLIC_URL="+b.hookURL,
		"ADMIN_LISTEN="+admin,
	)
	cmd.Stderr = os.Stderr
	return cmd, cmd.Start()
}

// cpuTime reads how much CPU time a process has used.
func cpuTime(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The second field, the program's name, may have spaces, and is in parentheses.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	user, _ := strconv.Atoi(string(fields[11]))
	system, _ := strconv.Atoi(string(fields[12]))
	return time.Duration(user+system) * time.Second / 100, nil // ticks of 10 ms
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
