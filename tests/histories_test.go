package tests

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/examples/clip"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
	"github.com/wavespeed-temporal/wavespeed-temporal/worker"
)

var recording = flag.Bool("record", false, "write the histories again that other tests replay")

func execution(run client.WorkflowRun) *commonpb.WorkflowExecution {
	return &commonpb.WorkflowExecution{WorkflowId: run.GetID(), RunId: run.GetRunID()}
}

func replayer(t *testing.T) sdkworker.WorkflowReplayer {
	t.Helper()
	plugin, err := worker.NewPlugin(worker.Options{NoActivities: true})
	require.NoError(t, err)
	replayer, err := sdkworker.NewWorkflowReplayerWithOptions(sdkworker.WorkflowReplayerOptions{Plugins: []sdkworker.Plugin{plugin}, DisableDeadlockDetection: true})
	require.NoError(t, err)
	replayer.RegisterWorkflowWithOptions(clip.Clip, workflow.RegisterOptions{Name: "Clip"})
	replayer.RegisterWorkflowWithOptions(many, workflow.RegisterOptions{Name: "many"})
	return replayer
}

// replay runs the workflow's code over a history, as a worker would that has it not
// in its cache. It must decide the same, and must submit nothing.
func replay(t *testing.T, e *stack.Embedded, history *historypb.History) {
	t.Helper()
	submitted := len(e.Simulator.Ledger())
	r := replayer(t)
	for range 3 {
		require.NoError(t, replayOnce(r, history))
	}
	require.Len(t, e.Simulator.Ledger(), submitted, "a replay has no effects")
}

// replayOnce replays a history under its workflow id, with which the ids of children begin.
func replayOnce(r sdkworker.WorkflowReplayer, history *historypb.History) error {
	id := history.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetWorkflowId()
	return r.ReplayWorkflowHistoryWithOptions(nil, history, sdkworker.ReplayWorkflowHistoryOptions{OriginalExecution: workflow.Execution{ID: id}})
}

// shapes are the ways a generation can go, each as a history that is kept.
var shapes = map[string]struct {
	faults   []wavespeedtest.Fault
	duration time.Duration
	workflow string // wavespeed.Generate by default
	change   func(*generation.Request)
	cancel   bool
}{
	"webhook":   {duration: 500 * time.Millisecond},
	"early":     {faults: []wavespeedtest.Fault{{Kind: wavespeedtest.WebhookEarly}}},
	"duplicate": {duration: 500 * time.Millisecond, faults: []wavespeedtest.Fault{{Kind: wavespeedtest.WebhookContradicted}}},
	"lost":      {faults: []wavespeedtest.Fault{{Kind: wavespeedtest.WebhookLost}}, change: quickGrace},
	"polled":    {change: quickGrace, duration: 3 * time.Second, faults: []wavespeedtest.Fault{{Kind: wavespeedtest.WebhookLost}}},
	"failed":    {faults: []wavespeedtest.Fault{{Kind: wavespeedtest.Fails, Code: 1200}}},
	"submitted-again": {
		faults: []wavespeedtest.Fault{{Kind: wavespeedtest.Fails, Code: 5000, Times: 1}},
		change: func(r *generation.Request) { r.MaxPredictions = 2; r.Timing.Resubmit = 100 * time.Millisecond },
	},
	"refused": {faults: []wavespeedtest.Fault{{Kind: wavespeedtest.SubmitError, Status: 401}}},
	"unpaid": {
		faults: []wavespeedtest.Fault{{Kind: wavespeedtest.SubmitError, Status: 402, Times: 2}},
		change: func(r *generation.Request) {
			r.OnInsufficientCredits, r.Timing.TopUp = generation.WaitForCredits, time.Second
		},
	},
	"limited":       {faults: []wavespeedtest.Fault{{Kind: wavespeedtest.SubmitLimited, Delay: time.Second, Times: 1}}},
	"unknown-found": {duration: 5 * time.Second, faults: []wavespeedtest.Fault{{Kind: wavespeedtest.AcceptedReset, Times: 1}}},
	"unknown-named": {faults: []wavespeedtest.Fault{
		{Kind: wavespeedtest.AcceptedReset, Times: 1}, {Kind: wavespeedtest.ListLag, Delay: 2 * time.Second},
		{Kind: wavespeedtest.WebhookDelayed, Delay: 500 * time.Millisecond},
	}},
	"unknown-absent": {faults: []wavespeedtest.Fault{{Kind: wavespeedtest.SubmitReset, Times: 1}}},
	"deadline":       {faults: []wavespeedtest.Fault{{Kind: wavespeedtest.NeverEnds}}, change: func(r *generation.Request) { r.Timeout = 3 * time.Second; quickGrace(r) }},
	"canceled":       {faults: []wavespeedtest.Fault{{Kind: wavespeedtest.NeverEnds}}, cancel: true},
	"clip":           {duration: 300 * time.Millisecond, workflow: "Clip"},
}

func quickGrace(r *generation.Request) { r.Timing.Grace = time.Second }

// TestHistories runs each shape for real and replays its history.
func TestHistories(t *testing.T) {
	t.Parallel()
	for name, shape := range shapes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := stack.NewEmbedded(t, wavespeedtest.Options{Behavior: listing, Duration: shape.duration, Faults: shape.faults})
			e.StartWorker(t, sdkworker.Options{}, registerClip)
			var run client.WorkflowRun
			if shape.workflow == "Clip" {
				run = e.Start(t, "Clip", clip.Brief{Scene: "a lighthouse", Motion: "waves"})
			} else {
				request := still("a lighthouse")
				if shape.change != nil {
					shape.change(&request)
				}
				run = e.Start(t, generation.WorkflowName, request)
			}
			if shape.cancel {
				stack.Eventually(t, "nothing was submitted", func() bool { return len(e.Simulator.Ledger()) > 0 })
				require.NoError(t, e.Client.CancelWorkflow(t.Context(), run.GetID(), ""))
			}
			_ = run.Get(t.Context(), nil) // failed is a shape too
			history := historyOf(t, e.Client, run)
			replay(t, e, history)
			if *recording {
				write(t, name, history)
			}
		})
	}
}

func historiesDir() string {
	return filepath.Join(stack.Root(), "workflows", "testdata", "histories")
}

func write(t *testing.T, name string, history *historypb.History) {
	t.Helper()
	require.NoError(t, os.MkdirAll(historiesDir(), 0o755))
	encoded, err := temporalproto.CustomJSONMarshalOptions{Indent: " "}.Marshal(history)
	require.NoError(t, err)
	host, err := os.Hostname()
	require.NoError(t, err)
	encoded = bytes.ReplaceAll(encoded, []byte(host), []byte("worker"))
	require.NoError(t, os.WriteFile(filepath.Join(historiesDir(), name+".json"), append(encoded, '\n'), 0o644))
}

// TestRecordedHistories replays what earlier versions have recorded: a change of the
// workflow's code that breaks running generations fails here.
func TestRecordedHistories(t *testing.T) {
	t.Parallel()
	r := replayer(t)
	for name := range shapes {
		require.NoError(t, r.ReplayWorkflowHistoryFromJSONFile(nil, filepath.Join(historiesDir(), name+".json")), name)
	}
	files, err := filepath.Glob(filepath.Join(historiesDir(), "*.json"))
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), len(shapes))
}
