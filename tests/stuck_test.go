package tests

import (
	"testing"

	"github.com/stretchr/testify/require"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/engine"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// failuresBeforeNoQuery is how often Temporal lets a workflow task fail before it refuses to query
// the workflow, forever once it has ended.
const failuresBeforeNoQuery = 3

// TestRerunOfAStuckRun: a run that was terminated while its workflow tasks failed can't be asked
// what it has paid for. That does not mean that it has paid for nothing.
func TestRerunOfAStuckRun(t *testing.T) {
	t.Parallel()
	e := stack.NewEmbedded(t, wavespeedtest.Options{Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.NeverEnds, Input: "second"}}})
	p := &pipelines{Embedded: e, t: t, kept: make(map[string]bool)}
	good := e.StartWorker(t, sdkworker.Options{}, nil)
	const text = `
steps:
  first: {model: wavespeed-ai/flux-dev, input: {prompt: first}}
  second: {needs: [first], model: wavespeed-ai/flux-dev, input: {prompt: second}}
`
	run := p.start(text, nil)
	stack.Eventually(t, "the second is not submitted", func() bool { return len(p.Simulator.Ledger()) == 2 })
	good.Stop()

	wrong := sdkworker.New(e.Client, e.TaskQueue, sdkworker.Options{})
	engine.Register(wrong, workflow.RegisterOptions{})
	require.NoError(t, wrong.Start())
	require.NoError(t, e.Client.SignalWorkflow(t.Context(), run.GetID(), "", "anything", nil))
	stack.Eventually(t, "its tasks do not fail", func() bool {
		described, err := e.Client.DescribeWorkflow(t.Context(), run.GetID(), run.GetRunID())
		require.NoError(t, err)
		return described.RawResponse.GetPendingWorkflowTask().GetAttempt() > failuresBeforeNoQuery
	})
	require.NoError(t, e.Client.TerminateWorkflow(t.Context(), run.GetID(), run.GetRunID(), "stuck"))
	wrong.Stop()

	e.StartWorker(t, sdkworker.Options{}, nil)
	_, err := p.wait(p.restart(run, pipeline.Request{Pipeline: parse(t, text)}))
	require.ErrorContains(t, err, "reset it to its last completed workflow task, and cancel it; nothing was submitted")
	require.Equal(t, generation.ErrorTypeInvalidInput, generation.ErrorTypeOf(err))
	require.Len(t, p.Simulator.Ledger(), 2)
}
