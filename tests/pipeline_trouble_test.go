package tests

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"
	"google.golang.org/grpc"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline/engine"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
	"github.com/wavespeed-temporal/wavespeed-temporal/worker"
)

// shots is a pipeline of many items, the more so as they are in children.
const shots = `
inputs: {rows: array}
steps:
  shots:
    for_each: {items: "${{ inputs.rows }}", key: item.sku, max_parallel: 30}
    model: wavespeed-ai/flux-dev
    input: {prompt: "${{ item.title }}"}
`

// begin starts a run of shots, and waits until as many of its items as may be in flight
// have their predictions.
func (p *pipelines) begin(text string, n int) client.WorkflowRun {
	p.t.Helper()
	run := p.start(text, map[string]any{"rows": rows(n)})
	stack.Eventually(p.t, "no children wait", func() bool {
		waiting := 0
		for _, child := range p.children(run) {
			for _, status := range p.generations(child) {
				if status.PredictionID() != "" {
					waiting++
				}
			}
		}
		return waiting >= min(n, 30)
	})
	return run
}

// children are those that a run has begun so far.
func (p *pipelines) children(run client.WorkflowRun) []client.WorkflowRun {
	p.t.Helper()
	var children []client.WorkflowRun
	for _, event := range historyOf(p.t, p.Client, run).GetEvents() {
		if started := event.GetChildWorkflowExecutionStartedEventAttributes(); started != nil {
			children = append(children, p.Client.GetWorkflow(p.t.Context(), started.GetWorkflowExecution().GetWorkflowId(), started.GetWorkflowExecution().GetRunId()))
		}
	}
	return children
}

func (p *pipelines) generations(run client.WorkflowRun) (statuses []generation.Status) {
	ctx, cancel := context.WithTimeout(p.t.Context(), 2*time.Second)
	defer cancel()
	answer, err := p.Client.QueryWorkflow(ctx, run.GetID(), run.GetRunID(), generation.StatusQuery)
	if err == nil {
		_ = answer.Get(&statuses)
	}
	return statuses
}

// requirePaidOnce looks at the ledger: so many prompts, each of them once.
func (p *pipelines) requirePaidOnce(n int) {
	p.t.Helper()
	submits := p.submits()
	require.Len(p.t, submits, n)
	for text, times := range submits {
		require.Equal(p.t, 1, times, text)
	}
}

// describe says where a run stands in Temporal, and how its workflow tasks have failed.
func (p *pipelines) describe(run client.WorkflowRun) string {
	p.t.Helper()
	described, err := p.Client.DescribeWorkflowExecution(p.t.Context(), run.GetID(), run.GetRunID())
	require.NoError(p.t, err)
	text := described.GetWorkflowExecutionInfo().GetStatus().String()
	for _, event := range historyOf(p.t, p.Client, run).GetEvents() {
		if failed := event.GetWorkflowTaskFailedEventAttributes(); failed != nil {
			text += ", " + failed.GetCause().String()
		}
	}
	return text
}

// TestPipelineChildIsTerminated: what the child had made counts and is kept, and what it had
// under way is awaited by the next run.
func TestPipelineChildIsTerminated(t *testing.T) {
	t.Parallel()
	p := newPipelinesWith(t, wavespeedtest.Options{
		Duration: 2 * time.Second, Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.WebhookEarly, Input: "product 1"}},
	})
	text := "budget: 5\n" + shots
	run := p.begin(text, 60)
	child := p.children(run)[0]
	require.NoError(t, p.Client.TerminateWorkflow(t.Context(), child.GetID(), child.GetRunID(), "test"))
	failure, status := p.failure(run)
	require.Equal(t, generation.ErrTooManyFailed, failure.Type())
	require.Contains(t, failure.Message(), child.GetID()+" ended before it: terminated")
	counts := status.Steps[0].Items
	require.Equal(t, 60, total(*counts))
	require.Positive(t, counts.Completed, "what the child had made is read from it")
	require.Equal(t, 60-counts.Completed, counts.Failed)
	require.InDelta(t, p.Simulator.Counts().Charged, *status.Cost, 1e-9)

	again := p.result(p.restart(run, pipeline.Run{Pipeline: parse(t, text), Inputs: map[string]any{"rows": rows(60)}}))
	require.Equal(t, &pipeline.Counts{Total: 60, Completed: 60, Kept: counts.Completed}, again.Steps[0].Items)
	p.requirePaidOnce(60)
}

// TestPipelineChildIsCanceled: by whoever finds it in the UI.
func TestPipelineChildIsCanceled(t *testing.T) {
	t.Parallel()
	p := newPipelinesWith(t, wavespeedtest.Options{Duration: 2 * time.Second})
	run := p.begin(shots, 60)
	child := p.children(run)[0]
	require.NoError(t, p.Client.CancelWorkflow(t.Context(), child.GetID(), child.GetRunID()))
	failure, status := p.failure(run)
	require.Contains(t, failure.Message(), "30 of 30 items failed, and 0 are tolerated. The first: the run was canceled")
	require.Equal(t, &pipeline.Counts{Total: 60, Failed: 30, Waiting: 30}, status.Steps[0].Items)
	p.result(p.restart(run, pipeline.Run{Pipeline: parse(t, shots), Inputs: map[string]any{"rows": rows(60)}}))
	p.requirePaidOnce(60)
}

// TestPipelineIsTerminatedBeforeItKnowsItsChild: the child works, and the run has not been
// told so, since its workers are gone.
func TestPipelineIsTerminatedBeforeItKnowsItsChild(t *testing.T) {
	t.Parallel()
	p := &pipelines{Embedded: stack.NewEmbedded(t, wavespeedtest.Options{}), t: t}
	var handed atomic.Bool
	c := p.clientThat(func(ctx context.Context, method string, request any, invoke func() error) error {
		err := invoke()
		if completed, ok := request.(*workflowservice.RespondWorkflowTaskCompletedRequest); ok {
			for _, command := range completed.GetCommands() {
				if command.GetCommandType() == enumspb.COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION {
					handed.Store(true)
				}
			}
		}
		if handed.Load() && strings.HasSuffix(method, "/PollWorkflowTaskQueue") {
			<-ctx.Done()
			return ctx.Err()
		}
		return err
	})
	plugin, err := worker.NewPlugin(p.Options)
	require.NoError(t, err)
	gone := sdkworker.New(c, p.TaskQueue, sdkworker.Options{Plugins: []sdkworker.Plugin{plugin}})
	require.NoError(t, gone.Start())
	run := p.start(shots, map[string]any{"rows": rows(60)})
	stack.Eventually(t, "it has no child", func() bool { return len(p.children(run)) == 1 })
	gone.Stop()
	require.NoError(t, p.Client.TerminateWorkflow(t.Context(), run.GetID(), run.GetRunID(), "test"))
	p.StartWorker(t, sdkworker.Options{}, nil)
	next := p.restart(run, pipeline.Run{Pipeline: parse(t, shots), Inputs: map[string]any{"rows": rows(60)}})
	result := p.result(next)
	require.Equal(t, 60, result.Steps[0].Items.Completed)
	p.requirePaidOnce(60)
}

// clientThat is a client whose calls go through f.
func (p *pipelines) clientThat(f func(ctx context.Context, method string, request any, invoke func() error) error) client.Client {
	p.t.Helper()
	c, err := client.NewLazyClient(client.Options{
		HostPort: stack.SharedTemporal(p.t).Address,
		ConnectionOptions: client.ConnectionOptions{DialOptions: []grpc.DialOption{grpc.WithChainUnaryInterceptor(
			func(ctx context.Context, method string, request, reply any, cc *grpc.ClientConn, invoker grpc.UnaryInvoker, options ...grpc.CallOption) error {
				return f(ctx, method, request, func() error { return invoker(ctx, method, request, reply, cc, options...) })
			})}},
	})
	require.NoError(p.t, err)
	p.t.Cleanup(c.Close)
	return c
}

// TestPipelineIsNotResumedWhileItRuns: both would pay for what neither has begun.
func TestPipelineIsNotResumedWhileItRuns(t *testing.T) {
	t.Parallel()
	p := newPipelinesWith(t, wavespeedtest.Options{Duration: time.Second})
	run := p.begin(shots, 60)
	failure, _ := p.failure(p.Start(t, pipeline.WorkflowName, pipeline.Run{
		Pipeline: parse(t, shots), Inputs: map[string]any{"rows": rows(60)},
		Resume: &pipeline.Resume{WorkflowID: run.GetID(), RunID: run.GetRunID()},
	}))
	require.Equal(t, generation.ErrInvalidInput, failure.Type())
	require.Contains(t, failure.Message(), "has not ended: cancel or terminate it first")
	p.result(run)
	p.requirePaidOnce(60)
}

// TestPipelineFallbackUnderWayIsResumed, and not begun from its first model once more.
func TestPipelineFallbackUnderWayIsResumed(t *testing.T) {
	t.Parallel()
	p := newPipelines(t,
		wavespeedtest.Fault{Kind: wavespeedtest.Fails, Model: "wavespeed-ai/flux-dev", Times: 1},
		wavespeedtest.Fault{Kind: wavespeedtest.Slow, Delay: 3 * time.Second, Model: "wavespeed-ai/z-image/turbo"})
	text := `
steps:
  still: {model: wavespeed-ai/flux-dev, input: {prompt: a still}, fallback: [wavespeed-ai/z-image/turbo]}
outputs: {model: "${{ steps.still.model }}"}
`
	run := p.start(text, nil)
	stack.Eventually(t, "it does not wait for the fallback", func() bool {
		statuses := p.generations(run)
		return len(statuses) == 2 && statuses[1].State == generation.StateWaiting
	})
	require.NoError(t, p.Client.TerminateWorkflow(t.Context(), run.GetID(), run.GetRunID(), "test"))
	result := p.result(p.restart(run, pipeline.Run{Pipeline: parse(t, text)}))
	require.Equal(t, "wavespeed-ai/z-image/turbo", result.Outputs["model"])
	require.Len(t, p.Simulator.Ledger(), 2)
}

// texts is a stack with a model that gives long texts.
func texts(t *testing.T, bytes int) *pipelines {
	return newPipelinesWith(t, wavespeedtest.Options{
		Models: []wavespeedtest.Model{{ID: "example/writer", Price: 0.001, Type: "text-to-text"}},
		Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.OutputsText, Value: strings.Repeat("y", bytes), Model: "example/writer"}},
	})
}

// TestPipelineKeepsWhatItHasNoUseFor: megabytes of results go through a run that never
// came to need them.
func TestPipelineKeepsWhatItHasNoUseFor(t *testing.T) {
	t.Parallel()
	p := texts(t, 4000)
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
	inputs := func(first string) map[string]any { return map[string]any{"rows": rows(600), "first": first} }
	run := p.start(text, inputs("good"))
	p.result(run)
	require.NoError(t, p.Simulator.Inject(wavespeedtest.Fault{Kind: wavespeedtest.Fails, Code: 1200, Input: "bad"}))
	failed := p.restart(run, pipeline.Run{Pipeline: parse(t, text), Inputs: inputs("bad")})
	p.failure(failed)
	result := p.result(p.restart(failed, pipeline.Run{Pipeline: parse(t, text), Inputs: inputs("good")}))
	require.Equal(t, &pipeline.Counts{Total: 600, Completed: 600, Kept: 600}, result.Steps[1].Items)
	p.requirePaidOnce(602)
}

// TestPipelineLongTexts: no text is left out because there are many, and outputs that are
// too large for a result leave it a result.
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
	require.Equal(t, pipeline.StepCompleted, result.Steps[1].State)
	require.Greater(t, result.Steps[0].Children, 1, "a child whose result is full gives back what it has not begun")
	p.requirePaidOnce(151)
}

// TestPipelineLongReasons: every item fails again and again, each time with a long reason.
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

// TestPipelineLargeInputs: what is too large for Temporal is said, and what is large only
// together is sent one after the other.
func TestPipelineLargeInputs(t *testing.T) {
	t.Parallel()
	p := newPipelines(t)
	text := `
inputs: {picture: string}
steps:
  styles: {for_each: [a, b, c, d, e, f, g, h], model: wavespeed-ai/flux-dev, input: {prompt: "${{ item }}${{ inputs.picture }}"}}
`
	run := p.start(text, map[string]any{"picture": strings.Repeat("x", 900_000)})
	p.result(run)
	require.Equal(t, "Completed", p.describe(run))
	require.Len(t, p.Simulator.Ledger(), 8)

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
		require.Equal(t, generation.ErrInvalidInput, failure.Type())
		require.Contains(t, failure.Message(), want)
		require.Equal(t, "Failed", p.describe(run))
	}
	require.Len(t, p.Simulator.Ledger(), 8)
}

// TestPipelineLongList: a child is handed its own items, and not the list that they are of.
func TestPipelineLongList(t *testing.T) {
	t.Parallel()
	p := newPipelines(t)
	list := rows(300)
	for _, row := range list {
		row.(map[string]any)["notes"] = strings.Repeat("x", 6000)
	}
	run := p.start(shots, map[string]any{"rows": list})
	require.Equal(t, 300, p.result(run).Steps[0].Items.Completed)
	for _, event := range historyOf(t, p.Client, run).GetEvents() {
		if handed := event.GetStartChildWorkflowExecutionInitiatedEventAttributes(); handed != nil {
			require.Less(t, len(handed.GetInput().GetPayloads()[0].GetData()), 600_000)
		}
	}
	p.requirePaidOnce(300)
}

// TestPipelineRefusalIsBounded: thousands of mistakes are no reason to be stuck.
func TestPipelineRefusalIsBounded(t *testing.T) {
	t.Parallel()
	p := newPipelines(t)
	inputs := make(map[string]any)
	for i := range 12_000 {
		inputs[fmt.Sprintf("input_%060d", i)] = i
	}
	run := p.start("steps: {still: {model: wavespeed-ai/flux-dev, input: {prompt: x}}}", inputs)
	failure, _ := p.failure(run)
	require.Equal(t, generation.ErrInvalidInput, failure.Type())
	require.Contains(t, failure.Message(), "and 11900 more")
	require.Equal(t, "Failed", p.describe(run))
}

// TestPipelineLongQuestions: what people are shown of a long list ends somewhere, and what
// they are to choose of must not be longer than can be answered.
func TestPipelineLongQuestions(t *testing.T) {
	t.Parallel()
	p := newPipelines(t)
	list := make([]any, 400)
	for i := range list {
		list[i] = strings.Repeat("x", 3000)
	}
	run := p.start("inputs: {list: array}\nsteps: {review: {approve: {show: '${{ inputs.list }}'}}}", map[string]any{"list": list})
	status := p.awaitState(run, pipeline.RunApproval)
	require.Contains(t, status.Approvals[0].Show[len(status.Approvals[0].Show)-1], "more: query wavespeed.results")
	require.ErrorContains(t, p.decide(run, generation.Decision{Verdict: "approve", Comment: strings.Repeat("x", 1_600_000)}), "there is room for")
	require.NoError(t, p.decide(run, generation.Decision{Verdict: "approve", Comment: strings.Repeat("x", 1_000_000)}))
	p.result(run)

	run = p.start("inputs: {list: array}\nsteps: {review: {approve: {choose: '${{ inputs.list }}'}}}", map[string]any{"list": list})
	failure, _ := p.failure(run)
	require.Contains(t, failure.Message(), "what is shown and to be chosen has")
	require.Equal(t, "Failed", p.describe(run))
}

// TestPipelineSearchAttributes say where the run stands, whatever makes it stand there, and
// fit however many models there are.
func TestPipelineSearchAttributes(t *testing.T) {
	t.Parallel()
	text := "budget: 0.05\nsteps:\n"
	var models []wavespeedtest.Model
	for i := range 60 {
		models = append(models, wavespeedtest.Model{ID: fmt.Sprintf("example/a-model-with-a-rather-long-name-%03d", i), Price: 0.001, Type: "text-to-image"})
		text += fmt.Sprintf("  s%d: {model: %s, input: {prompt: x}}\n", i, models[i].ID)
	}
	p := newPipelinesWith(t, wavespeedtest.Options{Models: models})
	p.addSearchAttributes()
	run := p.Start(t, pipeline.WorkflowName, pipeline.Run{Pipeline: parse(t, text), SearchAttributes: true})
	p.awaitState(run, pipeline.RunHeld)
	p.awaitAttribute(run, pipeline.AttributeState, `"held"`)
	require.NoError(t, p.update(run, pipeline.BudgetUpdate, 1))
	p.result(run)
	p.awaitAttribute(run, pipeline.AttributeState, `"completed"`)
	p.awaitAttribute(run, pipeline.AttributeCost, "0.06")
	p.awaitAttribute(run, pipeline.AttributeModels, `["example/a-model-with-a-rather-long-name-000"`)

	refused := p.Start(t, pipeline.WorkflowName, pipeline.Run{Pipeline: pipeline.Definition{Name: "none"}, SearchAttributes: true})
	p.failure(refused)
	p.awaitAttribute(refused, pipeline.AttributeState, `"failed"`)
}

func (p *pipelines) addSearchAttributes() {
	p.t.Helper()
	_, err := p.Client.OperatorService().AddSearchAttributes(p.t.Context(), &operatorservice.AddSearchAttributesRequest{
		Namespace: client.DefaultNamespace, SearchAttributes: map[string]enumspb.IndexedValueType{
			pipeline.AttributePipeline: enumspb.INDEXED_VALUE_TYPE_KEYWORD, pipeline.AttributeModels: enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST,
			pipeline.AttributeState: enumspb.INDEXED_VALUE_TYPE_KEYWORD, pipeline.AttributeCost: enumspb.INDEXED_VALUE_TYPE_DOUBLE,
		},
	})
	require.NoError(p.t, err)
	stack.Eventually(p.t, "the attributes are not there", func() bool {
		_, err := p.Client.ListWorkflow(p.t.Context(), &workflowservice.ListWorkflowExecutionsRequest{
			Query: fmt.Sprintf("%s = 'x' AND %s = 'x' AND %s = 'x' AND %s = 0", pipeline.AttributePipeline, pipeline.AttributeModels, pipeline.AttributeState, pipeline.AttributeCost),
		})
		return err == nil
	})
}

func (p *pipelines) awaitAttribute(run client.WorkflowRun, name, prefix string) {
	p.t.Helper()
	stack.Eventually(p.t, name+" does not get to be "+prefix, func() bool {
		described, err := p.Client.DescribeWorkflowExecution(p.t.Context(), run.GetID(), run.GetRunID())
		return err == nil && strings.HasPrefix(string(described.GetWorkflowExecutionInfo().GetSearchAttributes().GetIndexedFields()[name].GetData()), prefix)
	})
}

// TestPipelineForeignSignals: what is no report of a child of its own changes nothing.
func TestPipelineForeignSignals(t *testing.T) {
	t.Parallel()
	p := newPipelinesWith(t, wavespeedtest.Options{Duration: time.Second})
	run := p.begin(shots, 60)
	child := pipeline.Child{WorkflowID: p.children(run)[0].GetID(), RunID: p.children(run)[0].GetRunID()}
	for _, signal := range []any{
		"no report", 42, nil, []int{1}, map[string]any{"completed": "many"},
		engine.Progress{Completed: 50}, engine.Progress{Child: pipeline.Child{WorkflowID: "another"}, Completed: 50},
		engine.Progress{Child: child, Completed: 70, Failed: -20}, engine.Progress{Child: child, Completed: 1000},
	} {
		require.NoError(t, p.Client.SignalWorkflow(t.Context(), run.GetID(), run.GetRunID(), pipeline.ProgressSignal, signal))
		require.NoError(t, p.Client.SignalWorkflow(t.Context(), run.GetID(), run.GetRunID(), "wavespeed.nosuch", signal))
	}
	stack.Eventually(t, "the run does not answer", func() bool {
		status, ok := p.status(run)
		return ok && *status.Steps[0].Items == pipeline.Counts{Total: 60, Running: 30, Waiting: 30}
	})
	require.Equal(t, &pipeline.Counts{Total: 60, Completed: 60}, p.result(run).Steps[0].Items)
	require.Equal(t, "Completed", p.describe(run))
}

// TestPipelineBudgetIsRaisedWhileChildrenRun: those that wait for their share go on at once,
// and not when the first child has ended.
func TestPipelineBudgetIsRaisedWhileChildrenRun(t *testing.T) {
	t.Parallel()
	p := newPipelines(t, wavespeedtest.Fault{Kind: wavespeedtest.NeverEnds, Input: "product 0"})
	run := p.start("budget: 0.012\n"+shots, map[string]any{"rows": rows(500)})
	stack.Eventually(t, "nothing was submitted", func() bool { return len(p.Simulator.Ledger()) == 1 })
	require.NoError(t, p.update(run, pipeline.BudgetUpdate, 100))
	stack.Eventually(t, "the other child does not begin", func() bool { return p.submits()["product 499"] == 1 })
	require.NoError(t, p.Client.TerminateWorkflow(t.Context(), run.GetID(), run.GetRunID(), "test"))
}

// TestPipelineBudgetIsLowered below what is spent: nothing more is submitted, until it is
// raised again.
func TestPipelineBudgetIsLowered(t *testing.T) {
	t.Parallel()
	p := newPipelines(t)
	run := p.start("budget: 0.25\n"+chain, nil)
	p.awaitState(run, pipeline.RunHeld)
	for _, usd := range []float64{0.1, 0.001, 1e-12} {
		require.NoError(t, p.update(run, pipeline.BudgetUpdate, usd))
		status := p.awaitState(run, pipeline.RunHeld)
		require.InDelta(t, usd, *status.Budget, 1e-15)
		require.InDelta(t, 0.15, status.Needs, 1e-9)
	}
	require.Len(t, p.Simulator.Ledger(), 2)
	require.NoError(t, p.update(run, pipeline.BudgetUpdate, 0.363))
	require.InDelta(t, 0.362, *p.result(run).Cost, 1e-9)
}

// TestPipelineFloodOfUpdates: of many decisions at once one counts, and the others are told.
func TestPipelineFloodOfUpdates(t *testing.T) {
	t.Parallel()
	p := newPipelines(t)
	run := p.start("budget: 1\nsteps: {review: {approve: {message: x}}, still: {needs: [review], model: wavespeed-ai/flux-dev, input: {prompt: x}}}", nil)
	p.awaitState(run, pipeline.RunApproval)
	const n = 40
	errs := make(chan error, n)
	for i := range n {
		go func() {
			if i%2 == 0 {
				_ = p.update(run, pipeline.BudgetUpdate, float64(i+1))
			}
			errs <- p.decide(run, generation.Decision{Verdict: "approve", By: fmt.Sprint(i)})
		}()
	}
	accepted := 0
	for range n {
		if err := <-errs; err == nil {
			accepted++
		}
	}
	require.Equal(t, 1, accepted)
	p.result(run)
	require.Len(t, p.Simulator.Ledger(), 1)
}

// TestPipelineReset: a run, or a child, that is reset to its last task goes on with the
// predictions that it has.
func TestPipelineReset(t *testing.T) {
	t.Parallel()
	for name, target := range map[string]func(p *pipelines, run client.WorkflowRun) client.WorkflowRun{
		"run":   func(_ *pipelines, run client.WorkflowRun) client.WorkflowRun { return run },
		"child": func(p *pipelines, run client.WorkflowRun) client.WorkflowRun { return p.children(run)[0] },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPipelinesWith(t, wavespeedtest.Options{Duration: 3 * time.Second})
			run := p.begin(shots, 60)
			reset := target(p, run)
			var last int64
			for _, event := range historyOf(t, p.Client, reset).GetEvents() {
				if event.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
					last = event.GetEventId()
				}
			}
			answer, err := p.Client.ResetWorkflowExecution(t.Context(), &workflowservice.ResetWorkflowExecutionRequest{
				Namespace: client.DefaultNamespace, WorkflowExecution: execution(reset), WorkflowTaskFinishEventId: last, RequestId: uuid.NewString(),
			})
			require.NoError(t, err)
			if name == "run" {
				run = p.Client.GetWorkflow(t.Context(), run.GetID(), answer.GetRunId())
			}
			require.Equal(t, &pipeline.Counts{Total: 60, Completed: 60}, p.result(run).Steps[0].Items)
			p.requirePaidOnce(60)
		})
	}
}

// TestPipelineWorkersKilled, of several without a cache, while items are under way.
func TestPipelineWorkersKilled(t *testing.T) {
	t.Parallel()
	s := stack.Start(t, stack.Options{
		Simulator: wavespeedtest.Options{Duration: 4 * time.Second}, Env: []string{"WORKER_CACHE=0"},
	})
	p := &pipelines{Embedded: &stack.Embedded{Client: s.Client, Simulator: s.Simulator, TaskQueue: s.TaskQueue}, t: t}
	other := s.StartWorker()
	run := p.begin(shots, 30+30)
	s.Worker.Kill()
	other.Kill()
	other.Start()
	require.Equal(t, &pipeline.Counts{Total: 60, Completed: 60}, p.result(run).Steps[0].Items)
	p.requirePaidOnce(60)
}

// TestPipelineOfManySteps: two hundred, each of which waits for all before it.
func TestPipelineOfManySteps(t *testing.T) {
	t.Parallel()
	p := newPipelines(t)
	d := pipeline.Definition{Name: "long"}
	for i := range 200 {
		step := pipeline.Step{Approve: &pipeline.Approve{OnTimeout: generation.Approve, Timeout: pipeline.Duration(time.Second)}}
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
	run := p.Start(t, pipeline.WorkflowName, pipeline.Run{Pipeline: d})
	result := p.result(run)
	require.Len(t, result.Steps, 200)
	require.Equal(t, "Completed", p.describe(run))
	p.requirePaidOnce(5)
}
