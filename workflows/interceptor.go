package workflows

import (
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/kernel"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/quota"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// Interceptor gives each workflow run the board that holds its generations. The plugin of
// package worker adds it, and so does workflowstest.NewProvider.
type Interceptor struct {
	interceptor.WorkerInterceptorBase

	// Limits tells whether the limits of an account are kept, and what kind of a model it is for
	// them. It must not block. Defaults to nil: no submit waits for a slot.
	Limits func(account, model string) (kind quota.Kind, limited bool)
}

// InterceptWorkflow is called by the SDK.
func (i *Interceptor) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	inbound := &workflowInbound{board: newBoard(i.Limits)}
	inbound.Next = next
	return inbound
}

type workflowInbound struct {
	interceptor.WorkflowInboundInterceptorBase
	board *board
}

func (w *workflowInbound) ExecuteWorkflow(ctx workflow.Context, in *interceptor.ExecuteWorkflowInput) (any, error) {
	ctx = kernel.WithBoard(ctx, w.board)
	result, err := w.Next.ExecuteWorkflow(ctx, in)
	w.board.returnSlots(ctx)
	w.board.drain(ctx)
	return result, err
}

func (w *workflowInbound) ExecuteUpdate(ctx workflow.Context, in *interceptor.UpdateInput) (any, error) {
	return w.Next.ExecuteUpdate(kernel.WithBoard(ctx, w.board), in)
}

// boardOf returns the run's board.
func boardOf(ctx workflow.Context) *board { return kernel.BoardOf(ctx).(*board) }

// returnSlots tells the keepers of limits that the run ends.
func (b *board) returnSlots(ctx workflow.Context) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	for _, l := range b.leases {
		l.close(ctx)
	}
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
