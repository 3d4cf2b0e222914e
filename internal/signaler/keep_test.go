package signaler_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/grpc"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/registered"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/signaler"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// closed is a workflow of a type that ended in a way.
func closed(t *testing.T, c client.Client, name string, end func(client.WorkflowRun)) client.WorkflowRun {
	t.Helper()
	run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "signaler-" + uuid.NewString(), TaskQueue: "nobody-" + uuid.NewString()}, name)
	require.NoError(t, err)
	end(run)
	return run
}

func terminate(t *testing.T, c client.Client) func(client.WorkflowRun) {
	return func(run client.WorkflowRun) {
		require.NoError(t, c.TerminateWorkflow(t.Context(), run.GetID(), "", "closed"))
	}
}

// complete has a worker end the workflow.
func complete(t *testing.T, c client.Client) func(client.WorkflowRun) {
	return func(run client.WorkflowRun) {
		w := sdkworker.New(c, queueOf(t, c, run.GetID()), sdkworker.Options{})
		nothing := func(workflow.Context) error { return nil }
		for _, name := range []string{"nothing", "wavespeed.Pipeline", "wavespeed.Items"} {
			w.RegisterWorkflowWithOptions(nothing, workflow.RegisterOptions{Name: name})
		}
		require.NoError(t, w.Start())
		defer w.Stop()
		require.NoError(t, run.Get(t.Context(), nil))
	}
}

func queueOf(t *testing.T, c client.Client, id string) string {
	t.Helper()
	described, err := c.DescribeWorkflow(t.Context(), id, "")
	require.NoError(t, err)
	return described.RawResponse.GetExecutionConfig().GetTaskQueue().GetName()
}

// delivered is a delivery for a run, with a nonce of its own.
func delivered(run client.WorkflowRun) (wire.Target, wire.Signal) {
	target, signal := to(run), signal
	target.Nonce = uuid.NewString()
	signal.Nonce = target.Nonce
	return target, signal
}

// kept are the signals that are kept for a nonce, as their workflows were given them.
func kept(t *testing.T, c client.Client, nonce string) (kept []wire.Signal) {
	t.Helper()
	for _, id := range append(wire.DeliveryIDs(nonce), wire.DeliveryIDs(nonce)[0]+"/3") {
		history := c.GetWorkflowHistory(t.Context(), id, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		event, err := history.Next()
		if err != nil {
			require.IsType(t, new(serviceerror.NotFound), err)
			continue
		}
		started := event.GetWorkflowExecutionStartedEventAttributes()
		require.Equal(t, "wavespeed.Delivery", started.GetWorkflowType().GetName())
		require.Equal(t, 7*24*time.Hour, started.GetWorkflowRunTimeout().AsDuration())
		var signal wire.Signal
		require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(started.GetInput(), &signal))
		kept = append(kept, signal)
	}
	return kept
}

// A program that runs a workflow again may ask for what came when no run was open.
func TestDeliveriesForClosedWorkflows(t *testing.T) {
	t.Parallel()
	c := dial(t, "default", signaler.DialOption())
	s := signaler.New(c)
	for name, test := range map[string]struct {
		workflow string
		end      func(client.WorkflowRun)
		want     error
	}{
		"terminated":         {"nothing", terminate(t, c), wire.ErrKept},
		"pipeline":           {"wavespeed.Pipeline", terminate(t, c), wire.ErrKept},
		"completed":          {"nothing", complete(t, c), wire.ErrNoWorkflow},
		"completed pipeline": {"wavespeed.Pipeline", complete(t, c), wire.ErrKept},
		"completed items":    {"wavespeed.Items", complete(t, c), wire.ErrKept},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := closed(t, c, test.workflow, test.end)
			target, signal := delivered(run)
			for range 2 {
				require.ErrorIs(t, s.Signal(t.Context(), target, signal), test.want)
			}
			if test.want != wire.ErrKept {
				require.Empty(t, kept(t, c, target.Nonce))
				return
			}
			require.Equal(t, []wire.Signal{signal}, kept(t, c, target.Nonce))
			require.Equal(t, queueOf(t, c, run.GetID()), queueOf(t, c, wire.DeliveryIDs(target.Nonce)[0]))
		})
	}
}

// One nonce starts two workflows at most, of two predictions; an old delivery, which
// somebody may send again, starts only the first.
func TestPlacesOfANonce(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]grpc.DialOption{"without the option": nil, "with it": {signaler.DialOption()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := dial(t, "default", options...)
			s := signaler.New(c)
			run := closed(t, c, "nothing", terminate(t, c))
			startKeeper(t, c, queueOf(t, c, run.GetID()))
			target, first := delivered(run)
			second, third, hint := first, first, first
			second.PredictionID, third.PredictionID, hint.PredictionID = "p2", "p3", "p4"
			hint.Hint = true
			for _, step := range []struct {
				signal wire.Signal
				want   error
			}{
				{first, wire.ErrKept}, {hint, wire.ErrNoWorkflow}, {first, wire.ErrKept}, {second, wire.ErrKept},
				{second, wire.ErrKept}, {third, wire.ErrNoWorkflow}, {first, wire.ErrKept},
			} {
				require.ErrorIs(t, s.Signal(t.Context(), target, step.signal), step.want, step.signal.PredictionID)
				for _, id := range wire.DeliveryIDs(target.Nonce)[:len(kept(t, c, target.Nonce))] {
					require.NoError(t, c.GetWorkflow(t.Context(), id, "").Get(t.Context(), nil))
				}
			}
			require.Equal(t, []wire.Signal{first, second}, kept(t, c, target.Nonce))
		})
	}
}

func startKeeper(t *testing.T, c client.Client, queue string) {
	t.Helper()
	w := sdkworker.New(c, queue, sdkworker.Options{})
	w.RegisterWorkflowWithOptions(registered.Delivery, workflow.RegisterOptions{Name: wire.DeliveryName})
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
}

// A run that starts between two questions is told.
func TestRunThatStartsMeanwhile(t *testing.T) {
	t.Parallel()
	c := dial(t, "default")
	old := closed(t, c, "nothing", terminate(t, c))
	target, signal := delivered(old)
	reopening := reopening{c, func() {
		_, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: old.GetID(), TaskQueue: "nobody"}, "nothing")
		require.NoError(t, err)
	}}
	s := signaler.New(reopening)
	require.NoError(t, s.Signal(t.Context(), target, signal))
	run := c.GetWorkflow(t.Context(), old.GetID(), "")
	t.Cleanup(func() { _ = c.TerminateWorkflow(context.Background(), old.GetID(), "", "the test has ended") })
	require.Len(t, signals(t, c, run), 1)
	require.Empty(t, kept(t, c, target.Nonce))
}

// reopening starts a run before it describes.
type reopening struct {
	client.Client
	start func()
}

func (r reopening) DescribeWorkflow(ctx context.Context, id, run string) (*client.WorkflowExecutionDescription, error) {
	r.start()
	return r.Client.DescribeWorkflow(ctx, id, run)
}

// What Temporal cannot take is not acknowledged.
func TestDeliveryThatCannotBeKept(t *testing.T) {
	t.Parallel()
	c := dial(t, "default")
	run := closed(t, c, "nothing", terminate(t, c))
	target, signal := delivered(run)
	for name, failing := range map[string]client.Client{"describe": failing{Client: c, describe: true}, "start": failing{Client: c}} {
		err := signaler.New(failing).Signal(t.Context(), target, signal)
		require.ErrorContains(t, err, "Temporal is busy", name)
		require.NotErrorIs(t, err, wire.ErrNoWorkflow, name)
		require.NotErrorIs(t, err, wire.ErrKept, name)
	}
	require.Empty(t, kept(t, c, target.Nonce))
}

// failing is a client of a busy server.
type failing struct {
	client.Client
	describe bool
}

func (f failing) DescribeWorkflow(ctx context.Context, id, run string) (*client.WorkflowExecutionDescription, error) {
	if f.describe {
		return nil, serviceerror.NewUnavailable("Temporal is busy")
	}
	return f.Client.DescribeWorkflow(ctx, id, run)
}

func (f failing) ExecuteWorkflow(context.Context, client.StartWorkflowOptions, any, ...any) (client.WorkflowRun, error) {
	return nil, serviceerror.NewUnavailable("Temporal is busy")
}
