package tests

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	sdkworker "go.temporal.io/sdk/worker"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// TestMisspeltArguments end at once, with a type and the field's name, and nothing is paid.
func TestMisspeltArguments(t *testing.T) {
	t.Parallel()
	e := stack.NewEmbedded(t, wavespeedtest.Options{})
	e.StartWorker(t, sdkworker.Options{}, nil)
	for workflow, c := range map[string]struct{ argument, want string }{
		generation.WorkflowName: {`{"model":"wavespeed-ai/flux-dev","inputs":{"prompt":"x"}}`, "inputs: is not known; did you mean input?"},
		pipeline.WorkflowName:   {`{"pipeline":{"name":"film","steps":{"a":{"model":"wavespeed-ai/flux-dev","input":{"prompt":"x"}}}},"budgt":1}`, "budgt: is not known; did you mean budget?"},
	} {
		run := start(t, e, workflow, c.argument)
		var failure *temporal.ApplicationError
		require.ErrorAs(t, run.Get(t.Context(), nil), &failure)
		require.Equal(t, generation.ErrorTypeInvalidInput, generation.ErrorTypeOf(failure))
		require.Contains(t, failure.Message(), c.want)
	}
	require.Empty(t, e.Simulator.Ledger())
}

// TestFilesAreArguments: a pipeline's file, as JSON, is what a run is given as its pipeline:
// without a name, with the short forms, and with what is for editors.
func TestFilesAreArguments(t *testing.T) {
	t.Parallel()
	e := stack.NewEmbedded(t, wavespeedtest.Options{})
	e.StartWorker(t, sdkworker.Options{}, nil)
	run := start(t, e, pipeline.WorkflowName, `{"pipeline": {
		"$schema": "https://example.com/schema.json",
		"inputs": {"scene": "string"},
		"budget": 5,
		"steps": {"still": {
			"model": "wavespeed-ai/flux-dev", "input": {"prompt": "${{ inputs.scene }}, ${{ item }}"},
			"for_each": ["day", "night"], "retry": 2, "fallback": ["wavespeed-ai/z-image/turbo"]
		}}
	}, "inputs": {"scene": "a lighthouse"}}`)
	var result pipeline.Result
	require.NoError(t, run.Get(t.Context(), &result))
	require.Len(t, result.Outputs["still"], 2)
	require.Len(t, e.Simulator.Ledger(), 2)
	answer, err := e.Client.QueryWorkflow(t.Context(), run.GetID(), "", wire.RunStatusQuery)
	require.NoError(t, err)
	var status pipeline.Status
	require.NoError(t, answer.Get(&status))
	require.Equal(t, "unnamed", status.Pipeline)
}

// TestNewerArgumentsWait for a newer worker: only the workflow's task fails.
func TestNewerArgumentsWait(t *testing.T) {
	t.Parallel()
	e := stack.NewEmbedded(t, wavespeedtest.Options{})
	e.StartWorker(t, sdkworker.Options{}, nil)
	for workflow, argument := range map[string]string{
		generation.WorkflowName: `{"requires":2,"model":"wavespeed-ai/flux-dev","soon":1}`,
		pipeline.WorkflowName:   `{"requires":2,"pipeline":{"name":"film","soon":1}}`,
	} {
		run := start(t, e, workflow, argument)
		require.Eventually(t, func() bool {
			history := e.Client.GetWorkflowHistory(t.Context(), run.GetID(), run.GetRunID(), false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
			for history.HasNext() {
				event, err := history.Next()
				require.NoError(t, err)
				if failed := event.GetWorkflowTaskFailedEventAttributes(); failed != nil {
					require.Contains(t, failed.Failure.Message, "requires format 2")
					return true
				}
			}
			return false
		}, 30*time.Second, 50*time.Millisecond)
		described, err := e.Client.DescribeWorkflow(t.Context(), run.GetID(), run.GetRunID())
		require.NoError(t, err)
		require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, described.RawResponse.WorkflowExecutionInfo.Status)
		require.NoError(t, e.Client.TerminateWorkflow(t.Context(), run.GetID(), run.GetRunID(), "done"))
	}
	require.Empty(t, e.Simulator.Ledger())
}

func start(t *testing.T, e *stack.Embedded, workflow, argument string) client.WorkflowRun {
	t.Helper()
	run, err := e.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "strict-" + uuid.NewString(), TaskQueue: e.TaskQueue}, workflow, json.RawMessage(argument))
	require.NoError(t, err)
	return run
}
