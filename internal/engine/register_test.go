package engine_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// argued runs a workflow with an argument as it is written.
func argued(t *testing.T, name, argument string) (*stage, error) {
	t.Helper()
	s := newStage(t)
	s.ExecuteWorkflow(name, json.RawMessage(argument))
	require.True(t, s.IsWorkflowCompleted())
	return s, s.GetWorkflowError()
}

const oneStep = `{"name":"film","steps":{"a":{"model":"a/b","input":{"prompt":"x"}}}}`

// TestRunsThatCannotBeDecoded end as others that are wrong do, with the field's name.
func TestRunsThatCannotBeDecoded(t *testing.T) {
	t.Parallel()
	for argument, want := range map[string]string{
		`{"pipeline":` + oneStep + `,"budgt":1}`:                                "budgt: is not known; did you mean budget?",
		`{"pipeline":{"name":"film","steps":{"a":{"model":"a/b","inputs":1}}}}`: "pipeline.steps.a.inputs: is not known; did you mean input?",
		`{"pipeline":` + oneStep + `,"budget":1e308}`:                           "budget: \"1e308\" US dollars exceed the maximum",
		`{"requires":1,"pipeline":` + oneStep + `,"soon":1}`:                    "soon: is not known",
	} {
		_, err := argued(t, pipeline.WorkflowName, argument)
		var failure *temporal.ApplicationError
		require.ErrorAs(t, err, &failure)
		require.Equal(t, generation.ErrorTypeInvalidInput, generation.ErrorTypeOf(failure))
		require.Contains(t, failure.Message(), "pipeline: nothing was submitted:\n"+want)
		var problems pipeline.Problems
		require.NoError(t, failure.Details(&problems))
		require.Len(t, problems, 1)
		require.NotEmpty(t, problems[0].Path)
	}
}

// TestNewerVersionsAreLeftToNewerWorkers: the workflow task fails, and not the workflow.
func TestNewerVersionsAreLeftToNewerWorkers(t *testing.T) {
	t.Parallel()
	for name, argument := range map[string]string{
		pipeline.WorkflowName: `{"requires":2,"pipeline":` + oneStep + `}`,
		runwire.ItemsName:     `{"pipeline":{"name":"film","steps":{"a":{"model":"a/b","soon":1}}},"step":"a"}`,
	} {
		_, err := argued(t, name, argument)
		var panicked *temporal.PanicError
		require.ErrorAs(t, err, &panicked, name)
		require.Contains(t, panicked.Error(), "left to a newer")
	}
}

// TestFieldsOfNewerRunsAreLeftOut where a run and its children are of different versions.
func TestFieldsOfNewerRunsAreLeftOut(t *testing.T) {
	t.Parallel()
	const chunk = `{"pipeline":{"name":"film","steps":{"a":{"model":"a/b","input":{"prompt":"${{ item }}"},"for_each":{"items":[]}}}},
		"step":"a","values":{},"items":[{"index":0,"key":"0","value":"x","soon":1}],"max_parallel":1,"strikes":1,"soon":1}`
	s, err := argued(t, runwire.ItemsName, chunk)
	require.NoError(t, err)
	require.Equal(t, []string{"x"}, s.prompts)
}
