package tests

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

// TestWorkflowIDUsedAgain: a run is terminated while it waits, and its id is reused. The first
// run's webhook, which nobody waits for, does not end the second.
func TestWorkflowIDUsedAgain(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Simulator: wavespeedtest.Options{
		Duration: 3 * time.Second,
		Faults:   []wavespeedtest.Fault{{Kind: wavespeedtest.Slow, Delay: 3 * time.Second, Nth: 2}},
	}})
	id := "again-" + uuid.NewString()
	start := func() client.WorkflowRun {
		run, err := s.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: s.TaskQueue}, generation.WorkflowName, still("a lighthouse"))
		require.NoError(t, err)
		return run
	}
	s.AwaitState(start(), generation.StateWaiting)
	require.NoError(t, s.Client.TerminateWorkflow(t.Context(), id, "", "test"))
	result, err := s.Result(start())
	require.NoError(t, err)
	ledger := s.Simulator.Ledger()
	require.Len(t, ledger, 2)
	require.Equal(t, ledger[1].PredictionID, result.PredictionID)
	require.Contains(t, result.URL(0), ledger[1].PredictionID)
	stack.Eventually(t, "the first one's webhook was not taken", func() bool { return taken(s.Simulator.Ledger()[0]) })
}

// TestWebhookForAnEndedRun is answered 200, for no retry can help.
func TestWebhookForAnEndedRun(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Simulator: wavespeedtest.Options{Duration: 2 * time.Second}})
	run := s.Generate(still("a lighthouse"))
	s.AwaitState(run, generation.StateWaiting)
	require.NoError(t, s.Client.TerminateWorkflow(t.Context(), run.GetID(), "", "test"))
	stack.Eventually(t, "its webhook was not taken", func() bool { return taken(s.Simulator.Ledger()[0]) })
}

// carryOn continues as new while a generation is under way, and takes its prediction
// along.
func carryOn(ctx workflow.Context, adopt string) (generation.Result, error) {
	request := soon(still("a lighthouse"))
	request.Adopt = adopt
	if adopt != "" {
		return workflows.Generate(ctx, request)
	}
	workflow.Go(ctx, func(ctx workflow.Context) { _, _ = workflows.Generate(ctx, request) })
	if err := workflow.Await(ctx, func() bool { return predictionOf(ctx) != "" }); err != nil {
		return generation.Result{}, err
	}
	return generation.Result{}, workflow.NewContinueAsNewError(ctx, "carryOn", predictionOf(ctx))
}

func predictionOf(ctx workflow.Context) string {
	for _, status := range workflows.Statuses(ctx) {
		return status.PredictionID()
	}
	return ""
}

func TestContinueAsNewWithAGenerationUnderWay(t *testing.T) {
	t.Parallel()
	e := stack.NewEmbedded(t, wavespeedtest.Options{Duration: 2 * time.Second})
	e.StartWorker(t, sdkworker.Options{}, func(w sdkworker.Worker) {
		w.RegisterWorkflowWithOptions(carryOn, workflow.RegisterOptions{Name: "carryOn"})
	})
	var result generation.Result
	require.NoError(t, e.Start(t, "carryOn", "").Get(t.Context(), &result))
	ledger := e.Simulator.Ledger()
	require.Len(t, ledger, 1, "what was under way is not bought again")
	require.Equal(t, ledger[0].PredictionID, result.PredictionID)
}

// TestCancelDuringSubmit: the workflow waits for the running submit, so that its result shows
// what was paid for.
func TestCancelDuringSubmit(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Simulator: wavespeedtest.Options{
		Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.AcceptedSlow, Delay: 2 * time.Second}, {Kind: wavespeedtest.NeverEnds}},
	}})
	run := s.Generate(still("a lighthouse"))
	stack.Eventually(t, "nothing was accepted", func() bool { return len(s.Simulator.Ledger()) == 1 })
	require.NoError(t, s.Client.CancelWorkflow(t.Context(), run.GetID(), ""))
	_, err := s.Result(run)
	var canceled *temporal.CanceledError
	require.ErrorAs(t, err, &canceled)
	var status generation.Status
	require.NoError(t, canceled.Details(&status))
	require.Equal(t, s.Simulator.Ledger()[0].PredictionID, status.PredictionID())
}

// TestPredictionThatVanishesForAWhile is polled until it is back.
func TestPredictionThatVanishesForAWhile(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{PollOnly: true, Simulator: wavespeedtest.Options{
		Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.ResultMissing, Delay: 3 * time.Second}},
	}})
	result, err := s.Result(s.Generate(still("a lighthouse")))
	require.NoError(t, err)
	require.Len(t, s.Simulator.Ledger(), 1)
	require.Equal(t, wire.ViaPoll, result.Via)
}

// TestExpiredResult: the prediction was paid for and its result is gone for good. Polling ends
// at the deadline, and the error quotes the provider.
func TestExpiredResult(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{Simulator: wavespeedtest.Options{Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.WebhookLost}}}})
	request := soon(still("a lighthouse"))
	request.Timeout = 15 * time.Second
	request.Timing.Grace = 3 * time.Second
	run := s.Generate(request)
	s.AwaitState(run, generation.StateWaiting)
	s.Simulator.Age(8 * 24 * time.Hour)
	stack.Eventually(t, "the polls are not told", func() bool { return strings.Contains(s.LastFailure(run), "not found") })
	_, err := s.Result(run)
	var failure *temporal.ApplicationError
	require.ErrorAs(t, err, &failure)
	require.Equal(t, generation.ErrorTypeDeadlineExceeded, generation.ErrorTypeOf(failure))
	require.Contains(t, failure.Message(), "Last answer: ")
}
