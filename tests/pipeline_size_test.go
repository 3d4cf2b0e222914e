package tests

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// texts is a stack with a model that gives long texts.
func texts(t *testing.T, bytes int) *pipelines {
	return newPipelinesWith(t, wavespeedtest.Options{
		Models: []wavespeedtest.Model{{ID: "example/writer", Price: 0.001, Type: "text-to-text"}},
		Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.OutputsText, Value: strings.Repeat("y", bytes), Model: "example/writer"}},
	})
}

// TestPipelineKeepsWhatItHasNoUseFor: megabytes of results pass through a run that never needed
// them.
func TestPipelineKeepsWhatItHasNoUseFor(t *testing.T) {
	t.Parallel()
	p := texts(t, 12_000)
	text := `
inputs: {rows: array, first: string}
steps:
  first: {model: wavespeed-ai/flux-dev, input: {prompt: "${{ inputs.first }}"}}
  shots:
    needs: [first]
    for_each: {items: "${{ inputs.rows }}", key: item.sku, max_parallel: 100}
    model: example/writer
    input: {prompt: "${{ item.title }}"}
`
	inputs := func(first string) map[string]any { return map[string]any{"rows": rows(200), "first": first} }
	run := p.start(text, inputs("good"))
	p.result(run)
	require.NoError(t, p.Simulator.Inject(wavespeedtest.Fault{Kind: wavespeedtest.Fails, Code: 1200, Input: "bad"}))
	failed := p.restart(run, pipeline.Request{Pipeline: parse(t, text), Inputs: inputs("bad")})
	p.failure(failed)
	result := p.result(p.restart(failed, pipeline.Request{Pipeline: parse(t, text), Inputs: inputs("good")}))
	require.Equal(t, &pipeline.Counts{Total: 200, Completed: 200, Kept: 200}, result.Steps[1].Items)
	p.requirePaidOnce(202)
}

// TestPipelineLongTexts: no text is omitted because there are many, and outputs that are too
// large for a result don't make the run fail.
func TestPipelineLongTexts(t *testing.T) {
	t.Parallel()
	p := texts(t, 20_000)
	run := p.start(`
inputs: {rows: array}
steps:
  shots:
    for_each: {items: "${{ inputs.rows }}", max_parallel: 40}
    model: example/writer
    input: {prompt: "${{ item.title }}"}
  one: {if: "all(steps.shots.outputs, len(#) == 20000)", model: wavespeed-ai/flux-dev, input: {prompt: all of them}}
`, map[string]any{"rows": rows(150)})
	result := p.result(run)
	require.True(t, result.Omitted)
	require.Nil(t, result.Outputs)
	require.Equal(t, pipeline.StateCompleted, result.Steps[1].State)
	require.Greater(t, result.Steps[0].Children, 1, "a child whose result is full gives back what it has not started")
	p.requirePaidOnce(151)
}

// TestPipelineLongReasons: every item fails repeatedly, each time with a long reason.
func TestPipelineLongReasons(t *testing.T) {
	t.Parallel()
	p := newPipelines(t, wavespeedtest.Fault{Kind: wavespeedtest.Fails, Message: strings.Repeat("z", 2000)})
	failure, status := p.failure(p.start(`
inputs: {rows: array}
steps:
  shots:
    for_each: {items: "${{ inputs.rows }}", max_parallel: 80, tolerate: 100%}
    retry: {predictions: 12, wait: 1ms}
    model: wavespeed-ai/flux-dev
    input: {prompt: "${{ item.title }}"}
  after: {if: 'len(filter(steps.shots.items, .state == "completed")) > 0', model: wavespeed-ai/flux-dev, input: {prompt: after}}
outputs: {first: "${{ steps.shots.items[0].output.url }}"}
`, map[string]any{"rows": rows(60)}))
	require.Contains(t, failure.Message(), "outputs.first")
	require.Equal(t, &pipeline.Counts{Total: 60, Failed: 60}, status.Steps[0].Items)
	require.Equal(t, 720, status.Steps[0].Attempts)
	require.Len(t, p.Simulator.Ledger(), 720)
}

// TestPipelineLargeInputs: inputs that are too large for Temporal are rejected, and inputs that
// are only large together are sent one after the other.
func TestPipelineLargeInputs(t *testing.T) {
	t.Parallel()
	p := newPipelines(t)
	text := `
inputs: {picture: string}
steps:
  styles: {for_each: [a, b, c, d, e], model: wavespeed-ai/flux-dev, input: {prompt: "${{ item }}${{ inputs.picture }}"}}
`
	run := p.start(text, map[string]any{"picture": strings.Repeat("x", 900_000)})
	p.result(run)
	require.Equal(t, "Completed", p.describe(run))
	require.Len(t, p.Simulator.Ledger(), 5)

	for picture, want := range map[string]string{
		strings.Repeat("x", 1_950_000): "the run's argument has",
		strings.Repeat("x", 1_000_000): "input: has 2000013 bytes, more than 1900000",
	} {
		run := p.start(`
inputs: {picture: string}
steps:
  still: {model: wavespeed-ai/flux-dev, input: {prompt: "${{ inputs.picture }}${{ inputs.picture }}"}}
`, map[string]any{"picture": picture})
		failure, _ := p.failure(run)
		require.Equal(t, generation.ErrorTypeInvalidInput, generation.ErrorTypeOf(failure))
		require.Contains(t, failure.Message(), want)
		require.Equal(t, "Failed", p.describe(run))
	}
	require.Len(t, p.Simulator.Ledger(), 5)
}

// TestPipelineLongList: a child gets only its own items, not the whole list.
func TestPipelineLongList(t *testing.T) {
	t.Parallel()
	p := newPipelines(t)
	run := p.start(shots, map[string]any{"rows": longRows(300, 6000)})
	require.Equal(t, 300, p.result(run).Steps[0].Items.Completed)
	for _, event := range historyOf(t, p.Client, run).GetEvents() {
		if handed := event.GetStartChildWorkflowExecutionInitiatedEventAttributes(); handed != nil {
			require.True(t, strings.HasPrefix(handed.GetWorkflowId(), run.GetID()+"_shots_"), handed.GetWorkflowId())
			require.Less(t, len(handed.GetInput().GetPayloads()[0].GetData()), 600_000)
		}
	}
	p.requirePaidOnce(300)
}

// TestPipelineLongID: children are named after their run, however long its name is.
func TestPipelineLongID(t *testing.T) {
	t.Parallel()
	p := newPipelines(t)
	id := strings.Repeat("i", 1000)
	run, err := p.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: p.TaskQueue},
		pipeline.WorkflowName, pipeline.Request{Pipeline: parse(t, shots), Inputs: map[string]any{"rows": rows(51)}})
	require.NoError(t, err)
	require.Equal(t, 51, p.result(run).Steps[0].Items.Completed)
	require.True(t, strings.HasPrefix(p.children(run)[0].GetID(), id[:900]))
}

// TestPipelineRefusalIsBounded: thousands of problems don't block a run.
func TestPipelineRefusalIsBounded(t *testing.T) {
	t.Parallel()
	p := newPipelines(t)
	inputs := make(map[string]any)
	for i := range 12_000 {
		inputs[fmt.Sprintf("input_%060d", i)] = i
	}
	run := p.start("steps: {still: {model: wavespeed-ai/flux-dev, input: {prompt: x}}}", inputs)
	failure, _ := p.failure(run)
	require.Equal(t, generation.ErrorTypeInvalidInput, generation.ErrorTypeOf(failure))
	require.Contains(t, failure.Message(), "and 11900 more")
	require.Equal(t, "Failed", p.describe(run))
}

// TestPipelineLongQuestions: people see a limited part of a long list, and choices must not be
// too large for an answer.
func TestPipelineLongQuestions(t *testing.T) {
	t.Parallel()
	p := newPipelines(t)
	list := make([]any, 400)
	for i := range list {
		list[i] = strings.Repeat("x", 3000)
	}
	run := p.start("inputs: {list: array}\nsteps: {review: {approve: {show: '${{ inputs.list }}'}}}", map[string]any{"list": list})
	status := p.awaitState(run, pipeline.StateApproval)
	require.Contains(t, status.Approvals[0].Show[len(status.Approvals[0].Show)-1], "more: query wavespeed.results")
	require.ErrorContains(t, p.decide(run, generation.Decision{Verdict: "approve", Comment: strings.Repeat("x", 1_600_000)}), "are left")
	require.NoError(t, p.decide(run, generation.Decision{Verdict: "approve", Comment: strings.Repeat("x", 1_000_000)}))
	p.result(run)

	run = p.start("inputs: {list: array}\nsteps: {review: {approve: {choose: '${{ inputs.list }}'}}}", map[string]any{"list": list})
	failure, _ := p.failure(run)
	require.Contains(t, failure.Message(), "what is shown and to be chosen has")
	require.Equal(t, "Failed", p.describe(run))
}

// TestPipelineOfManySteps: two hundred, each of which waits for all before it.
func TestPipelineOfManySteps(t *testing.T) {
	t.Parallel()
	p := newPipelines(t)
	d := pipeline.Definition{Name: "long"}
	for i := range 200 {
		step := pipeline.Step{Approve: &pipeline.Approve{OnTimeout: generation.VerdictApprove, Timeout: pipeline.Duration(time.Second)}}
		if i%40 != 39 {
			step = pipeline.Step{Model: "wavespeed-ai/flux-dev", Input: map[string]any{"prompt": fmt.Sprintf("step %d", i)}, If: "false"}
		}
		if i%40 == 0 {
			step.If = ""
		}
		for j := range i {
			if (i-j)%40 == 0 || i%40 == 39 && i-j < 40 {
				step.Needs = append(step.Needs, fmt.Sprintf("s%d", j))
			}
		}
		if step.Approve != nil {
			step.If = fmt.Sprintf(`steps.s%d.state == "completed"`, i-39)
			step.Needs = nil
		}
		d.Steps = append(d.Steps, pipeline.Entry[pipeline.Step]{Name: fmt.Sprintf("s%d", i), Value: step})
	}
	run := p.Start(t, pipeline.WorkflowName, pipeline.Request{Pipeline: d})
	result := p.result(run)
	require.Len(t, result.Steps, 200)
	require.Equal(t, "Completed", p.describe(run))
	p.requirePaidOnce(5)
}
