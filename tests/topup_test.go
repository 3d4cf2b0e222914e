package tests

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// TestGenerationWaitsForATopUp if it is told to.
func TestGenerationWaitsForATopUp(t *testing.T) {
	t.Parallel()
	p := newPipelinesWith(t, wavespeedtest.Options{Accounts: []wavespeedtest.Account{{Balance: 0.001}}})
	request := still("a lighthouse")
	request.OnInsufficientCredits, request.Timing.TopUp = generation.WaitForCredits, 2*time.Second
	run := p.Start(t, generation.WorkflowName, request)
	stack.Eventually(t, "it does not say that it waits", func() bool {
		statuses := p.generations(run)
		return len(statuses) == 1 && statuses[0].State == generation.StateUnpaid
	})
	require.Contains(t, p.generations(run)[0].Attempts[0].Reason, "waits for a top-up: submit of wavespeed-ai/flux-dev was refused: ")
	require.Empty(t, p.Simulator.Ledger())
	require.NoError(t, p.Simulator.TopUp(wavespeedtest.DefaultAccount, 1))
	var result generation.Result
	require.NoError(t, run.Get(t.Context(), &result))
	require.Len(t, result.Attempts, 1)
	require.Len(t, p.Simulator.Ledger(), 1)
	history := historyOf(t, p.Client, run)
	replay(t, p.Embedded, history)
	refused := p.Simulator.Counts().Refused[403]
	require.Equal(t, 4+2*refused, actions(history), "a timer and a submit for each check")
}

// TestAGatewaysWordIsNoRefusal: an answer that is not surely the provider's proves nothing, so the
// submit does not wait for a top-up, and is not repeated. It is searched for.
func TestAGatewaysWordIsNoRefusal(t *testing.T) {
	t.Parallel()
	e := stack.NewEmbedded(t, wavespeedtest.Options{
		Behavior: listing, Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.AcceptedError, Status: 402, Value: "<html>402 Payment Required</html>", Times: 1}},
	})
	e.StartWorker(t, sdkworker.Options{}, nil)
	request := still("a lighthouse")
	request.OnInsufficientCredits = generation.WaitForCredits
	var result generation.Result
	require.NoError(t, e.Start(t, generation.WorkflowName, request).Get(t.Context(), &result))
	require.Len(t, e.Simulator.Ledger(), 1)
	require.Equal(t, e.Simulator.Ledger()[0].PredictionID, result.PredictionID)
}

// TestPipelineWaitsForATopUp: two runs, of which each had the credit that it needs when it
// started. Both say what they wait for, and continue after a top-up. Their worker changes.
func TestPipelineWaitsForATopUp(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"in the run": inline, "in children": shots} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const n = 50
			e := stack.NewEmbedded(t, wavespeedtest.Options{Accounts: []wavespeedtest.Account{{Balance: 0.012 * n}}, Duration: 200 * time.Millisecond})
			p := &pipelines{Embedded: e, t: t, kept: make(map[string]bool)}
			older := e.StartWorker(t, sdkworker.Options{}, nil)
			p.addSearchAttributes()
			text := strings.Replace(text, "steps:\n  shots:\n", "steps:\n  ask: {approve: {}}\n  shots:\n    needs: [ask]\n", 1)
			request := pipeline.Request{Pipeline: parse(t, text), Inputs: map[string]any{"rows": rows(n)}, SearchAttributes: true}
			if name == "in children" {
				request.Inputs["rows"] = rows(n + 1)
				require.NoError(t, p.Simulator.TopUp(wavespeedtest.DefaultAccount, 0.012))
			}
			runs := []client.WorkflowRun{p.Start(t, pipeline.WorkflowName, request), p.Start(t, pipeline.WorkflowName, request)}
			for _, run := range runs {
				p.awaitState(run, pipeline.StateApproval)
			}
			for _, run := range runs {
				require.NoError(t, p.decide(run, generation.Decision{Verdict: generation.VerdictApprove}))
			}
			for _, run := range runs {
				status := p.awaitState(run, pipeline.StateHeld)
				require.Equal(t, []string{wavespeedtest.DefaultAccount}, status.TopUp)
				require.Equal(t, "waits for a top-up of account default", status.Steps[1].Reason)
				p.awaitAttribute(run, "WavespeedState", `"held"`)
			}
			paid := len(request.Inputs["rows"].([]any))
			stack.Eventually(t, "what there was credit for is not paid", func() bool { return len(p.Simulator.Ledger()) == paid })
			require.NoError(t, p.Simulator.TopUp(wavespeedtest.DefaultAccount, 100))
			older.Stop()
			e.StartWorker(t, sdkworker.Options{}, nil)
			for _, run := range runs {
				p.resume(run)
				require.Equal(t, paid, p.result(run).Steps[1].Items.Completed)
				p.awaitAttribute(run, "WavespeedState", `"completed"`)
			}
			for _, run := range runs {
				p.keep("", run)
			}
			require.Len(t, p.Simulator.Ledger(), 2*paid)
			for text, times := range p.submits() {
				require.Equal(t, 2, times, text)
			}
		})
	}
}

// TestPipelineFailsWithoutCredit if it is told to. A re-run continues it.
func TestPipelineFailsWithoutCredit(t *testing.T) {
	t.Parallel()
	p := newPipelines(t, wavespeedtest.Fault{Kind: wavespeedtest.SubmitError, Status: 402, Input: "a clip", Times: 1})
	text := strings.Replace(chain, "  clip:\n", "  clip:\n    on_insufficient_credits: fail\n", 1)
	run := p.start(text, nil)
	failure, _ := p.failure(run)
	require.Equal(t, generation.ErrorTypeInsufficientCredits, generation.ErrorTypeOf(failure))
	p.result(p.restart(run, pipeline.Request{Pipeline: parse(t, text)}))
	require.Len(t, p.Simulator.Ledger(), 3)
}
