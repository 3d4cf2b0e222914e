package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// maxTaskBytes limits the large payloads that one workflow task adds to the history. Temporal
// ends a run that adds 4 MiB in one task.
const maxTaskBytes = 2_500_000

func (b *board) AwaitRoom(ctx workflow.Context, bytes int) error {
	for !b.hasRoom(ctx, bytes) {
		if err := b.awaitTask(ctx); err != nil {
			return err
		}
	}
	b.added += bytes
	return nil
}

func (b *board) hasRoom(ctx workflow.Context, bytes int) bool {
	if length := workflow.GetInfo(ctx).GetCurrentHistoryLength(); length != b.task {
		b.task, b.added = length, 0
	}
	return b.added == 0 || b.added+bytes <= maxTaskBytes
}

// awaitTask waits for the next workflow task. All waiters share a timer.
func (b *board) awaitTask(ctx workflow.Context) error {
	if b.next == nil {
		b.next = workflow.NewTimerWithOptions(ctx, time.Millisecond, workflow.TimerOptions{Summary: "inputs are too large to send in one workflow task"})
	}
	next := b.next
	err := next.Get(ctx, nil)
	if b.next == next {
		b.next = nil
		if err == nil {
			b.added = 0
		}
	}
	return ctx.Err()
}
