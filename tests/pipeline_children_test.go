package tests

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"
	"google.golang.org/grpc"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
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

// children are those that a run has started so far.
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

// describe says where a run is in Temporal, and how its workflow tasks have failed.
func (p *pipelines) describe(run client.WorkflowRun) string {
	p.t.Helper()
	described, err := p.Client.DescribeWorkflow(p.t.Context(), run.GetID(), run.GetRunID())
	require.NoError(p.t, err)
	text := described.RawResponse.GetWorkflowExecutionInfo().GetStatus().String()
	for _, event := range historyOf(p.t, p.Client, run).GetEvents() {
		if failed := event.GetWorkflowTaskFailedEventAttributes(); failed != nil {
			text += ", " + failed.GetCause().String()
		}
	}
	return text
}

// TestPipelineChildIsTerminated: the child's results count and are kept, and the next run
// awaits its running predictions.
func TestPipelineChildIsTerminated(t *testing.T) {
	t.Parallel()
	p := newPipelinesWith(t, wavespeedtest.Options{
		Duration: 15 * time.Second, Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.WebhookEarly, Input: "product 1"}},
	})
	text := "budget: 5\n" + shots
	run := p.begin(text, 60)
	child := p.children(run)[0]
	stack.Eventually(t, "not all submits that there can be are answered", func() bool {
		answered := 0
		for _, status := range p.generations(child) {
			if status.PredictionID() != "" {
				answered++
			}
		}
		return answered == 30+11
	})
	require.NoError(t, p.Client.TerminateWorkflow(t.Context(), child.GetID(), child.GetRunID(), "test"))
	failure, status := p.failure(run)
	require.Equal(t, generation.ErrorTypeTooManyFailed, generation.ErrorTypeOf(failure))
	require.Contains(t, failure.Message(), child.GetID()+" ended before it: terminated")
	counts := status.Steps[0].Items
	require.Equal(t, 60, total(*counts))
	require.Positive(t, counts.Completed, "what the child had made is read from it")
	require.Equal(t, 60-counts.Completed, counts.Failed)
	require.Equal(t, generation.Dollars(p.Simulator.Counts().Charged), *status.Cost)

	again := p.result(p.restart(run, pipeline.Request{Pipeline: parse(t, text), Inputs: map[string]any{"rows": rows(60)}}))
	require.Equal(t, &pipeline.Counts{Total: 60, Completed: 60, Kept: counts.Completed}, again.Steps[0].Items)
	p.requirePaidOnce(60)
}

// TestPipelineChildIsCanceled by somebody in the UI.
func TestPipelineChildIsCanceled(t *testing.T) {
	t.Parallel()
	p := newPipelinesWith(t, wavespeedtest.Options{Duration: 10 * time.Second})
	run := p.begin(shots, 60)
	child := p.children(run)[0]
	require.NoError(t, p.Client.CancelWorkflow(t.Context(), child.GetID(), child.GetRunID()))
	failure, status := p.failure(run)
	require.Contains(t, failure.Message(), "30 of 30 items failed, and 0 are tolerated. The first: the run was canceled")
	require.Equal(t, &pipeline.Counts{Total: 60, Failed: 30, Waiting: 30}, status.Steps[0].Items)
	p.result(p.restart(run, pipeline.Request{Pipeline: parse(t, shots), Inputs: map[string]any{"rows": rows(60)}}))
	p.requirePaidOnce(60)
}

// TestPipelineIsTerminatedBeforeItKnowsItsChild: the child works, but the run doesn't know yet,
// because its workers are gone.
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
	next := p.restart(run, pipeline.Request{Pipeline: parse(t, shots), Inputs: map[string]any{"rows": rows(60)}})
	result := p.result(next)
	require.Equal(t, 60, result.Steps[0].Items.Completed)
	p.requirePaidOnce(60)
}

// TestPipelineResumesWhatNeverBegan: the run was ended before it had a worker.
func TestPipelineResumesWhatNeverBegan(t *testing.T) {
	t.Parallel()
	p := newPipelines(t)
	in := pipeline.Request{Pipeline: parse(t, chain)}
	first := p.Start(t, pipeline.WorkflowName, in)
	p.result(first)
	in.Resume = &pipeline.Resume{RunID: first.GetRunID()}
	unbegun, err := p.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: first.GetID(), TaskQueue: p.TaskQueue + "-none"}, pipeline.WorkflowName, in)
	require.NoError(t, err)
	require.NoError(t, p.Client.TerminateWorkflow(t.Context(), unbegun.GetID(), unbegun.GetRunID(), "test"))
	for _, step := range p.result(p.restart(unbegun, pipeline.Request{Pipeline: in.Pipeline})).Steps {
		require.True(t, step.Kept, step.ID)
	}
	require.Len(t, p.Simulator.Ledger(), 3)
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

// TestPipelineIsNotResumedWhileItRuns: both runs would pay for items that neither has started.
func TestPipelineIsNotResumedWhileItRuns(t *testing.T) {
	t.Parallel()
	p := newPipelinesWith(t, wavespeedtest.Options{Duration: time.Second})
	run := p.begin(shots, 60)
	failure, _ := p.failure(p.Start(t, pipeline.WorkflowName, pipeline.Request{
		Pipeline: parse(t, shots), Inputs: map[string]any{"rows": rows(60)},
		Resume: &pipeline.Resume{WorkflowID: run.GetID(), RunID: run.GetRunID()},
	}))
	require.Equal(t, generation.ErrorTypeInvalidInput, generation.ErrorTypeOf(failure))
	require.Contains(t, failure.Message(), "has not ended: cancel or terminate it first")
	p.result(run)
	p.requirePaidOnce(60)
}

// TestPipelineFallbackUnderWayIsResumed, instead of restarting with the first model.
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
	result := p.result(p.restart(run, pipeline.Request{Pipeline: parse(t, text)}))
	require.Equal(t, "wavespeed-ai/z-image/turbo", result.Outputs["model"])
	require.Len(t, p.Simulator.Ledger(), 2)
}

// TestPipelineReset: a run, or a child, that is reset to its last task continues with its
// predictions.
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
