package workflows

import (
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// Interceptor gives each workflow run the board on which its generations stand
// together. The plugin of package worker adds it; a worker that registers without
// the plugin needs it among its worker.Options.Interceptors.
type Interceptor struct {
	interceptor.WorkerInterceptorBase
}

// InterceptWorkflow is called by the SDK.
func (*Interceptor) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	inbound := new(workflowInbound)
	inbound.Next = next
	return inbound
}

type workflowInbound struct {
	interceptor.WorkflowInboundInterceptorBase
}

func (w *workflowInbound) ExecuteWorkflow(ctx workflow.Context, in *interceptor.ExecuteWorkflowInput) (any, error) {
	board := newBoard()
	ctx = workflow.WithValue(ctx, boardKey{}, board)
	result, err := w.Next.ExecuteWorkflow(ctx, in)
	board.drain(ctx)
	return result, err
}

type boardKey struct{}

func boardOf(ctx workflow.Context) (*board, error) {
	b, ok := ctx.Value(boardKey{}).(*board)
	if !ok {
		return nil, temporal.NewNonRetryableApplicationError(
			"this worker runs generations without their plugin: add worker.NewPlugin(…) to its Plugins", generation.ErrInvalidInput, nil)
	}
	return b, nil
}

// drain reads signals that came after their generation had ended, doubles mostly,
// so that the SDK does not warn of messages that nobody read.
func (b *board) drain(ctx workflow.Context) {
	for _, status := range b.statuses {
		channel := workflow.GetSignalChannel(ctx, generation.SignalName(status.Key))
		for {
			var any converter.RawValue
			if !channel.ReceiveAsync(&any) {
				break
			}
		}
	}
}
