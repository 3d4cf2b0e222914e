package tests

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/interceptor"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
	"github.com/wavespeed-temporal/wavespeed-temporal/worker"
)

// next is a version of the workflows that issues another command: a timer before each
// submit. It does so as a released version would have to, behind workflow.GetVersion.
type next struct {
	interceptor.WorkerInterceptorBase
}

func (*next) InterceptWorkflow(_ workflow.Context, inbound interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	return &nextInbound{interceptor.WorkflowInboundInterceptorBase{Next: inbound}}
}

type nextInbound struct {
	interceptor.WorkflowInboundInterceptorBase
}

func (n *nextInbound) Init(outbound interceptor.WorkflowOutboundInterceptor) error {
	return n.Next.Init(&nextOutbound{interceptor.WorkflowOutboundInterceptorBase{Next: outbound}})
}

type nextOutbound struct {
	interceptor.WorkflowOutboundInterceptorBase
}

func (n *nextOutbound) ExecuteActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	if name == wire.SubmitName && n.GetVersion(ctx, "wavespeed-rehearsal", workflow.DefaultVersion, 1) >= 1 {
		_ = n.Sleep(ctx, 20*time.Millisecond)
	}
	return n.Next.ExecuteActivity(ctx, name, args...)
}

func nextReplayer(t *testing.T) sdkworker.WorkflowReplayer {
	t.Helper()
	plugin, err := worker.NewPlugin(worker.Options{NoActivities: true})
	require.NoError(t, err)
	replayer, err := sdkworker.NewWorkflowReplayerWithOptions(sdkworker.WorkflowReplayerOptions{
		Plugins: []sdkworker.Plugin{plugin}, Interceptors: []interceptor.WorkerInterceptor{&next{}}, DisableDeadlockDetection: true,
	})
	require.NoError(t, err)
	return replayer
}

// TestCommandsAreChangedBehindAVersion rehearses what a release must do that changes a
// command: it replays what older versions have recorded, its own histories, and those of runs
// that began before it and ended after.
func TestCommandsAreChangedBehindAVersion(t *testing.T) {
	t.Parallel()
	for path, history := range recordedPipelineHistories(t) {
		require.NoError(t, replayOnce(nextReplayer(t), history), path)
	}

	e := stack.NewEmbedded(t, wavespeedtest.Options{})
	p := &pipelines{Embedded: e, t: t}
	older := e.StartWorker(t, sdkworker.Options{}, nil)
	across := p.start(reviewed, nil)
	p.awaitState(across, pipeline.StateApproval)
	older.Stop()
	e.StartWorker(t, sdkworker.Options{Interceptors: []interceptor.WorkerInterceptor{&next{}}}, nil)
	require.NoError(t, p.decide(across, generation.Decision{Verdict: "approve", By: "art"}))
	require.NoError(t, p.decide(across, generation.Decision{Verdict: "approve", By: "legal"}))
	p.result(across)
	require.NoError(t, replayOnce(nextReplayer(t), historyOf(t, p.Client, across)))

	for _, text := range []string{chain, "steps: {styles: {for_each: [oil, ink], model: wavespeed-ai/flux-dev, input: {prompt: '${{ item }}'}}}"} {
		run := p.start(text, nil)
		p.result(run)
		history := historyOf(t, p.Client, run)
		require.True(t, hasTimer(history, 20*time.Millisecond))
		require.NoError(t, replayOnce(nextReplayer(t), history))
		require.ErrorContains(t, replayOnce(replayer(t), history), "[TMPRL1100]", "an older version does not know the command")
	}
}

func hasTimer(history *historypb.History, lasts time.Duration) bool {
	for _, event := range history.GetEvents() {
		if event.GetTimerStartedEventAttributes().GetStartToFireTimeout().AsDuration() == lasts {
			return true
		}
	}
	return false
}
