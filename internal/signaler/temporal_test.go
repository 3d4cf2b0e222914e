package signaler_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"google.golang.org/grpc"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/signaler"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
)

func TestMain(m *testing.M) {
	code := m.Run()
	stack.StopShared()
	os.Exit(code)
}

// running is a workflow of which no worker knows: all that happens to it are signals.
func running(t *testing.T, c client.Client) client.WorkflowRun {
	t.Helper()
	run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "signaler-" + uuid.NewString(), TaskQueue: "nobody"}, "nothing")
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = c.TerminateWorkflow(context.Background(), run.GetID(), run.GetRunID(), "the test has ended")
	})
	return run
}

func signals(t *testing.T, c client.Client, run client.WorkflowRun) (signals []*history.WorkflowExecutionSignaledEventAttributes) {
	t.Helper()
	events := c.GetWorkflowHistory(t.Context(), run.GetID(), run.GetRunID(), false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		require.NoError(t, err)
		if signal := event.GetWorkflowExecutionSignaledEventAttributes(); signal != nil {
			signals = append(signals, signal)
		}
	}
	return signals
}

func dial(t *testing.T, namespace string, options ...grpc.DialOption) client.Client {
	t.Helper()
	c, err := client.NewLazyClient(client.Options{
		HostPort: stack.SharedTemporal(t).Address, Namespace: namespace,
		ConnectionOptions: client.ConnectionOptions{DialOptions: options},
	})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func to(run client.WorkflowRun) wire.Target {
	target := target
	target.WorkflowID = run.GetID()
	return target
}

// fifty sends as many copies of a signal at once.
func fifty(t *testing.T, s *signaler.Signaler, target wire.Target) {
	t.Helper()
	var all sync.WaitGroup
	failed := make(chan error, 50)
	for range 50 {
		all.Go(func() { failed <- s.Signal(t.Context(), target, signal) })
	}
	all.Wait()
	close(failed)
	for err := range failed {
		require.NoError(t, err)
	}
}

func TestSignalIsInTheHistoryWhenItReturns(t *testing.T) {
	t.Parallel()
	c := dial(t, "default")
	run := running(t, c)
	require.NoError(t, signaler.New(c).Signal(t.Context(), to(run), signal))
	events := signals(t, c, run)
	require.Len(t, events, 1)
	require.Equal(t, "wavespeed.finished/still[3]", events[0].SignalName)
	var got wire.Signal
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(events[0].Input, &got))
	require.Equal(t, signal, got)
}

func TestCopiesAreOneEvent(t *testing.T) {
	t.Parallel()
	c := dial(t, "default", signaler.DialOption())
	run, other := running(t, c), running(t, c)
	s := signaler.New(c)
	fifty(t, s, to(run))
	require.Len(t, signals(t, c, run), 1)

	// Other handlers, and other workflows, have no part in it.
	fifty(t, signaler.New(dial(t, "default", signaler.DialOption())), to(run))
	require.Len(t, signals(t, c, run), 1)
	require.NoError(t, s.Signal(t.Context(), to(other), signal))
	require.Len(t, signals(t, c, other), 1)
}

// Only the same news are dropped.
func TestOtherNewsIsAnotherEvent(t *testing.T) {
	t.Parallel()
	c := dial(t, "default", signaler.DialOption())
	run := running(t, c)
	s := signaler.New(c)
	same := signal
	same.Outputs = nil
	otherNonce, otherPrediction, otherStatus, hint, identified := signal, signal, signal, signal, signal
	otherNonce.Nonce = "m"
	otherPrediction.PredictionID = "p2"
	otherStatus.Status = "failed"
	hint.Hint = true
	identified.Identified = true
	shifted := wire.Signal{Nonce: "n\x00p1", Outcome: wire.Outcome{PredictionID: "completed", Status: ""}}
	shiftedBack := wire.Signal{Nonce: "n", Outcome: wire.Outcome{PredictionID: "p1\x00completed", Status: ""}}
	for i, signal := range []wire.Signal{signal, otherNonce, otherPrediction, otherStatus, hint, identified, shifted, shiftedBack} {
		require.NoError(t, s.Signal(t.Context(), to(run), signal))
		require.NoError(t, s.Signal(t.Context(), to(run), signal))
		require.Len(t, signals(t, c, run), i+1)
	}
	require.NoError(t, s.Signal(t.Context(), to(run), same))
	require.Len(t, signals(t, c, run), 8)
}

// Without the option everything works, and each copy is an event.
func TestCopiesWithoutTheOption(t *testing.T) {
	t.Parallel()
	c := dial(t, "default")
	run := running(t, c)
	fifty(t, signaler.New(c), to(run))
	require.Len(t, signals(t, c, run), 50)
}

// The option leaves alone what others signal with the same client.
func TestOptionTouchesNoOtherSignals(t *testing.T) {
	t.Parallel()
	c := dial(t, "default", signaler.DialOption())
	run := running(t, c)
	for range 3 {
		require.NoError(t, c.SignalWorkflow(t.Context(), run.GetID(), "", "mine", 1))
	}
	require.Len(t, signals(t, c, run), 3)
}

func TestUnknownWorkflow(t *testing.T) {
	t.Parallel()
	unknown := target
	unknown.WorkflowID = "signaler-" + uuid.NewString()
	err := signaler.New(dial(t, "default")).Signal(t.Context(), unknown, signal)
	require.ErrorIs(t, err, wire.ErrNoWorkflow)
}

// A namespace that is not there is a fault of the configuration, and loses no news.
func TestUnknownNamespaceIsAnOutage(t *testing.T) {
	t.Parallel()
	elsewhere := target
	elsewhere.Namespace = "nowhere"
	err := signaler.New(dial(t, "nowhere")).Signal(t.Context(), elsewhere, signal)
	var notFound *serviceerror.NamespaceNotFound
	require.ErrorAs(t, err, &notFound)
	require.NotErrorIs(t, err, wire.ErrNoWorkflow)
	require.NotErrorIs(t, err, wire.ErrRefused)
}

// Another handler may serve the namespace: nothing is sent, and the provider comes again.
func TestOtherNamespacesAreNotSignaled(t *testing.T) {
	t.Parallel()
	c := dial(t, "default", signaler.DialOption())
	run := running(t, c)
	elsewhere := to(run)
	elsewhere.Namespace = "media"
	err := signaler.New(c).Signal(t.Context(), elsewhere, signal)
	require.ErrorContains(t, err, `signaler: the delivery is for namespace "media", and this handler serves "default"`)
	require.NotErrorIs(t, err, wire.ErrNoWorkflow)
	require.Empty(t, signals(t, c, run))
}

func TestNoServerIsAnOutage(t *testing.T) {
	t.Parallel()
	c, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:" + stack.FreePorts(t, 1)[0]})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	began := time.Now()
	err = signaler.New(c).Signal(ctx, target, signal)
	require.Error(t, err)
	require.NotErrorIs(t, err, wire.ErrNoWorkflow)
	require.Less(t, time.Since(began), 3*time.Second)
}

// What a workflow with too many signals is known by is the server's text, so this
// asks the server.
func TestTooManySignals(t *testing.T) {
	t.Parallel()
	program := os.Getenv("DEVSERVER")
	if program == "" {
		program = filepath.Join(stack.Root(), "bin", "devserver")
	}
	ports := stack.FreePorts(t, 2)
	stack.StartProcess(t, program, []string{
		"server", "start-dev", "--ip", "127.0.0.1", "--port", ports[0], "--ui-port", ports[1], "--log-level", "error",
		"--dynamic-config-value", "history.maximumSignalsPerExecution=2",
	}, nil)
	c, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:" + ports[0]})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	stack.Eventually(t, "Temporal does not serve", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := c.DescribeWorkflow(ctx, "none", "")
		var notFound *serviceerror.NotFound
		return errors.As(err, &notFound)
	})
	run := running(t, c)
	s := signaler.New(c)
	for range 2 {
		require.NoError(t, s.Signal(t.Context(), to(run), signal))
	}
	require.ErrorIs(t, s.Signal(t.Context(), to(run), signal), wire.ErrRefused)
	require.Len(t, signals(t, c, run), 2)
}
