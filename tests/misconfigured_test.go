package tests

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/registered"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// TestWorkerWithoutThePlugin: a deploy without the plugin fails no generation. Its workflow
// tasks fail with an explanation, and the next deploy continues.
func TestWorkerWithoutThePlugin(t *testing.T) {
	t.Parallel()
	e := stack.NewEmbedded(t, wavespeedtest.Options{})
	wrong := sdkworker.New(e.Client, e.TaskQueue, sdkworker.Options{})
	wrong.RegisterWorkflowWithOptions(registered.Generate, workflow.RegisterOptions{Name: generation.WorkflowName})
	require.NoError(t, wrong.Start())
	run := e.Start(t, generation.WorkflowName, still("a lighthouse"))
	stack.Eventually(t, "no workflow task fails", func() bool {
		for _, event := range historyOf(t, e.Client, run).GetEvents() {
			if failed := event.GetWorkflowTaskFailedEventAttributes(); failed != nil {
				return strings.Contains(failed.GetFailure().GetMessage(), "add worker.NewPlugin(…) to its Plugins")
			}
		}
		return false
	})
	described, err := e.Client.DescribeWorkflow(t.Context(), run.GetID(), run.GetRunID())
	require.NoError(t, err)
	require.Equal(t, "Running", described.RawResponse.GetWorkflowExecutionInfo().GetStatus().String())
	require.Empty(t, e.Simulator.Ledger())
	wrong.Stop()

	e.StartWorker(t, sdkworker.Options{}, nil)
	require.NoError(t, run.Get(t.Context(), nil))
	require.Len(t, e.Simulator.Ledger(), 1)
}
