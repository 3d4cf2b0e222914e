package tests

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	sdkworker "go.temporal.io/sdk/worker"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// priorities notes the priority of each activity that runs.
type priorities struct {
	interceptor.WorkerInterceptorBase
	seen chan temporal.Priority
}

func (p *priorities) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	inbound := &priorityInbound{seen: p.seen}
	inbound.Next = next
	return inbound
}

type priorityInbound struct {
	interceptor.ActivityInboundInterceptorBase
	seen chan temporal.Priority
}

func (p *priorityInbound) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	p.seen <- activity.GetInfo(ctx).Priority
	return p.Next.ExecuteActivity(ctx, in)
}

// TestPriorityPassesThrough from the start of a generation to its activities.
func TestPriorityPassesThrough(t *testing.T) {
	t.Parallel()
	e := stack.NewEmbedded(t, wavespeedtest.Options{})
	urgent := temporal.Priority{PriorityKey: 1, FairnessKey: "customer-7", FairnessWeight: 2}
	noted := &priorities{seen: make(chan temporal.Priority, 10)}
	// An eager activity waits in no queue, so that the server tells it no priority.
	e.StartWorker(t, sdkworker.Options{
		DisableEagerActivities: true, Interceptors: []interceptor.WorkerInterceptor{noted},
	}, nil)
	run, err := e.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: "priority-" + uuid.NewString(), TaskQueue: e.TaskQueue, Priority: urgent,
	}, generation.WorkflowName, still("a lighthouse"))
	require.NoError(t, err)
	require.NoError(t, run.Get(t.Context(), nil))
	require.Equal(t, urgent, <-noted.seen)
}
