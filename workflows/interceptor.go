package workflows

import (
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// Interceptor gives each workflow run the board that holds its generations. The plugin of
// package worker adds it, and so does workflowstest.NewProvider.
type Interceptor struct {
	interceptor.WorkerInterceptorBase
}

// InterceptWorkflow is called by the SDK.
func (*Interceptor) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	inbound := &workflowInbound{board: newBoard()}
	inbound.Next = next
	return inbound
}

type workflowInbound struct {
	interceptor.WorkflowInboundInterceptorBase
	board *board
}

func (w *workflowInbound) ExecuteWorkflow(ctx workflow.Context, in *interceptor.ExecuteWorkflowInput) (any, error) {
	ctx = workflow.WithValue(ctx, boardKey{}, w.board)
	result, err := w.Next.ExecuteWorkflow(ctx, in)
	w.board.drain(ctx)
	return result, err
}

func (w *workflowInbound) ExecuteUpdate(ctx workflow.Context, in *interceptor.UpdateInput) (any, error) {
	return w.Next.ExecuteUpdate(workflow.WithValue(ctx, boardKey{}, w.board), in)
}

type boardKey struct{}

// boardOf returns the run's board. A worker without the interceptor is misconfigured: like the
// SDK, it fails the workflow task, and the run continues once a worker is configured correctly.
func boardOf(ctx workflow.Context) *board {
	b, ok := ctx.Value(boardKey{}).(*board)
	if !ok {
		panic("this worker lacks the plugin for generations: add worker.NewPlugin(…) to its Plugins. In a test environment, use workflowstest.NewProvider")
	}
	return b
}

// drain reads signals that arrived after their generation had ended, mostly duplicates, so the
// SDK does not warn about unhandled signals.
func (b *board) drain(ctx workflow.Context) {
	for _, status := range b.statuses {
		channel := workflow.GetSignalChannel(ctx, wire.SignalName(status.Key))
		for {
			var any converter.RawValue
			if !channel.ReceiveAsync(&any) {
				break
			}
		}
	}
}
