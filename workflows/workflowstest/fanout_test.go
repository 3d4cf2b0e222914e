package workflowstest_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows/workflowstest"
)

// A fan-out that runs in child workflows, of which a few items fail.
func TestFanOut(t *testing.T) {
	t.Parallel()
	env, provider := newProvider(t)
	for _, i := range []int{3, 450} {
		provider.On("", map[string]any{"prompt": fmt.Sprintf("item %d", i)}, workflowstest.Failed(generation.ErrorTypeContentRejected, "flagged"))
	}
	items := make([]any, 500)
	for i := range items {
		items[i] = fmt.Sprintf("item %d", i)
	}
	env.ExecuteWorkflow(pipeline.WorkflowName, pipeline.Request{Pipeline: pipeline.Definition{Steps: pipeline.Named[pipeline.Step]{
		{Name: "still", Value: pipeline.Step{
			Model: "wavespeed-ai/flux-dev", Input: map[string]any{"prompt": "${{ item }}"},
			ForEach: &pipeline.ForEach{Items: items, MaxParallel: 50, Tolerate: pipeline.Tolerance{Items: 2}},
		}},
	}}})
	require.NoError(t, env.GetWorkflowError())
	var result pipeline.Result
	require.NoError(t, env.GetWorkflowResult(&result))
	require.Equal(t, 498, result.Steps[0].Items.Completed)
	require.Equal(t, 2, result.Steps[0].Items.Failed)
	require.Len(t, provider.Requests(), 500)
}
