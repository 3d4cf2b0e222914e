package tests

import (
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

const crashRuns = 10

// waiting starts some generations and waits until each has its prediction.
func waiting(s *stack.System) []client.WorkflowRun {
	var runs []client.WorkflowRun
	for range crashRuns {
		runs = append(runs, s.Generate(soon(still("a lighthouse"))))
	}
	for _, run := range runs {
		s.AwaitState(run, generation.StateWaiting)
	}
	return runs
}

// requireAllPaidOnce waits for the runs: each has a prediction of its own, and no
// other was paid for.
func requireAllPaidOnce(t *testing.T, s *stack.System, runs []client.WorkflowRun) {
	t.Helper()
	seen := map[string]bool{}
	for _, run := range runs {
		result, err := s.Result(run)
		require.NoError(t, err)
		require.False(t, seen[result.PredictionID], "two generations have one prediction")
		require.Contains(t, result.URL(0), result.PredictionID)
		seen[result.PredictionID] = true
	}
	require.Len(t, s.Simulator.Ledger(), len(runs))
}

var slow = wavespeedtest.Options{Duration: 4 * time.Second}

func TestWorkerKilledMidWait(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Simulator: slow})
	runs := waiting(s)
	s.Worker.Kill()
	s.Worker.Start()
	requireAllPaidOnce(t, s, runs)
}

func TestHandlerKilledMidWait(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Simulator: slow})
	runs := waiting(s)
	s.Webhook.Kill()
	s.Webhook.Start()
	requireAllPaidOnce(t, s, runs)
}

func TestHandlerGoneForGood(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Simulator: slow})
	runs := waiting(s)
	s.Webhook.Kill()
	requireAllPaidOnce(t, s, runs)
}

func TestTemporalKilledMidWait(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Temporal: stack.StartTemporal(t), Simulator: slow})
	runs := waiting(s)
	s.Temporal.Kill()
	s.Temporal.Start()
	s.Temporal.AwaitReady()
	requireAllPaidOnce(t, s, runs)
}

func TestEverythingKilledMidWait(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Temporal: stack.StartTemporal(t), Simulator: slow})
	runs := waiting(s)
	for _, p := range []*stack.Process{s.Worker, s.Webhook, s.Temporal.Process} {
		p.Kill()
	}
	s.Temporal.Start()
	s.Temporal.AwaitReady()
	s.Worker.Start()
	s.Webhook.Start()
	requireAllPaidOnce(t, s, runs)
}

// TestWorkerKilledBetweenAcceptAndRecord: the provider has accepted the submit, and the worker
// dies before it knows. The submit is not repeated; its prediction is found.
func TestWorkerKilledBetweenAcceptAndRecord(t *testing.T) {
	t.Parallel()
	for name, pollOnly := range map[string]bool{"with webhooks": false, "by polling": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := stack.Start(t, stack.Options{PollOnly: pollOnly, Simulator: wavespeedtest.Options{
				Behavior: listing,
				Faults:   []wavespeedtest.Fault{{Kind: wavespeedtest.AcceptedStall, Delay: time.Minute, Times: 1}},
			}})
			request := still("a lighthouse")
			request.Timing.Submit = 5 * time.Second
			run := s.Generate(request)
			stack.Eventually(t, "nothing was accepted", func() bool { return len(s.Simulator.Ledger()) == 1 })
			s.Worker.Kill()
			s.Worker.Start()
			requireAllPaidOnce(t, s, []client.WorkflowRun{run})
		})
	}
}

// TestStoppedWorker: a worker that is suspended before its submit is accepted, and resumes
// after the submit's deadline, must not send it then: another worker may have.
func TestStoppedWorker(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{})
	var runs []client.WorkflowRun
	for range 20 {
		request := soon(still("a lighthouse"))
		request.Timing.Submit = 4 * time.Second
		runs = append(runs, s.Generate(request))
	}
	stack.Eventually(t, "nothing was accepted", func() bool { return len(s.Simulator.Ledger()) > 0 })
	s.Worker.Signal(syscall.SIGSTOP)
	other := s.StartWorker()
	stack.Eventually(t, "the other worker does not continue", func() bool {
		_, err := s.Result(runs[len(runs)-1])
		return err == nil
	})
	s.Worker.Signal(syscall.SIGCONT)
	requireAllPaidOnce(t, s, runs)
	other.Kill()
}

// TestGracefulStopCutsNoSubmit: a worker that is told to stop records the running submit.
func TestGracefulStopCutsNoSubmit(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Simulator: wavespeedtest.Options{
		Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.AcceptedSlow, Delay: 3 * time.Second, Times: 1}},
	}})
	run := s.Generate(still("a lighthouse"))
	stack.Eventually(t, "nothing was accepted", func() bool { return len(s.Simulator.Ledger()) == 1 })
	require.Zero(t, s.Worker.Terminate())
	s.Worker.Start()
	result, err := s.Result(run)
	require.NoError(t, err)
	require.Len(t, result.Attempts, 1)
	require.Empty(t, result.Attempts[0].Reason, "the submit was recorded, never unknown")
	require.Len(t, s.Simulator.Ledger(), 1)
}
