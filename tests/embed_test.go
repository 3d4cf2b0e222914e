package tests

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/examples/clip"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
	"github.com/wavespeed-temporal/wavespeed-temporal/workflows"
)

func registerClip(w sdkworker.Worker) {
	w.RegisterWorkflowWithOptions(clip.Clip, workflow.RegisterOptions{Name: "Clip", VersioningBehavior: workflow.VersioningBehaviorPinned})
}

func TestClip(t *testing.T) {
	t.Parallel()
	e := stack.NewEmbedded(t, wavespeedtest.Options{})
	e.StartWorker(t, sdkworker.Options{}, registerClip)
	run := e.Start(t, "Clip", clip.Brief{Scene: "a lighthouse", Motion: "waves"})
	var film clip.Film
	require.NoError(t, run.Get(t.Context(), &film))
	ledger := e.Simulator.Ledger()
	require.Len(t, ledger, 3)
	require.Contains(t, string(ledger[1].Input), film.Still, "each step takes what the one before has made")
	require.Contains(t, string(ledger[2].Input), film.Clip)
	require.Contains(t, film.Film, ledger[2].PredictionID)
}

// TestEmbeddingProgram runs the program that the README shows, as a process.
func TestEmbeddingProgram(t *testing.T) {
	t.Parallel()
	temporal := stack.StartTemporal(t) // its task queue has a fixed name
	provider, err := wavespeedtest.New(wavespeedtest.Options{})
	require.NoError(t, err)
	defer provider.Close()
	listen := "127.0.0.1:" + stack.FreePorts(t, 1)[0]
	program := stack.StartProcess(t, stack.BuildPackage(t, "./examples/embed"), nil, []string{
		"TEMPORAL_ADDRESS=" + temporal.Address,
		"WAVESPEED_API_KEY=" + wavespeedtest.DefaultKey,
		"WAVESPEED_BASE_URL=" + provider.URL(),
		"WEBHOOK_PUBLIC_URL=http://" + listen + stack.WebhookPath,
		"WEBHOOK_LISTEN=" + listen,
	})
	c := temporal.Client(t)
	start := func() client.WorkflowRun {
		run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: "media"}, clip.Clip,
			clip.Brief{Scene: "a lighthouse", Motion: "waves"})
		require.NoError(t, err)
		return run
	}
	run := start()
	var film clip.Film
	require.NoError(t, run.Get(t.Context(), &film))
	ledger := provider.Ledger()
	require.Len(t, ledger, 3)
	require.Contains(t, film.Film, ledger[2].PredictionID)
	for i := range ledger {
		stack.Eventually(t, "a webhook was not taken", func() bool { return taken(provider.Ledger()[i]) })
	}

	// Told to stop in the middle of a submit, it records the answer first.
	require.NoError(t, provider.Inject(wavespeedtest.Fault{Kind: wavespeedtest.AcceptedSlow, Delay: 3 * time.Second}))
	run = start()
	stack.Eventually(t, "nothing is submitted", func() bool { return len(provider.Ledger()) == 4 })
	require.Zero(t, program.Terminate())
	recorded := false
	for _, event := range historyOf(t, c, run).Events {
		recorded = recorded || event.GetEventType() == enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED
	}
	require.True(t, recorded, "the submit's answer is in the history")
	require.Len(t, provider.Ledger(), 4)
}

// taken tells whether a webhook was answered 200. A busy machine may have postponed it.
func taken(entry wavespeedtest.Entry) bool {
	return slices.ContainsFunc(entry.Deliveries, func(d wavespeedtest.Delivery) bool { return d.StatusCode == http.StatusOK })
}

// many runs generations at once in one workflow.
func many(ctx workflow.Context, n int) (int, error) {
	group := workflow.NewWaitGroup(ctx)
	ids := make([]string, n)
	var failure error
	for i := range n {
		group.Go(ctx, func(ctx workflow.Context) {
			result, err := workflows.Generate(ctx, generation.Request{
				Key: fmt.Sprintf("clip[%d]", i), Model: model, Input: map[string]any{"prompt": fmt.Sprint("scene ", i)},
			})
			if err != nil {
				failure = err
			}
			ids[i] = result.PredictionID
		})
	}
	group.Wait(ctx)
	seen := map[string]bool{}
	for _, id := range ids {
		seen[id] = true
	}
	return len(seen), failure
}

func TestManyInOneWorkflow(t *testing.T) {
	t.Parallel()
	const n = 60
	e := stack.NewEmbedded(t, wavespeedtest.Options{
		Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.WebhookDuplicated, Probability: 0.3}, {Kind: wavespeedtest.WebhookEarly, Probability: 0.3}},
	})
	e.StartWorker(t, sdkworker.Options{}, func(w sdkworker.Worker) {
		w.RegisterWorkflowWithOptions(many, workflow.RegisterOptions{Name: "many"})
	})
	run := e.Start(t, "many", n)
	var distinct int
	require.NoError(t, run.Get(t.Context(), &distinct))
	require.Equal(t, n, distinct)
	require.Len(t, e.Simulator.Ledger(), n)
	replay(t, e, historyOf(t, e.Client, run))
}

// twice gives two generations one key.
func twice(ctx workflow.Context) error {
	for range 2 {
		if _, err := workflows.Generate(ctx, generation.Request{Key: "same", Model: model, Input: map[string]any{"prompt": "x"}}); err != nil {
			return err
		}
	}
	return nil
}

func TestOneKeyTwice(t *testing.T) {
	t.Parallel()
	e := stack.NewEmbedded(t, wavespeedtest.Options{})
	e.StartWorker(t, sdkworker.Options{}, func(w sdkworker.Worker) {
		w.RegisterWorkflowWithOptions(twice, workflow.RegisterOptions{Name: "twice"})
	})
	err := e.Start(t, "twice").Get(t.Context(), nil)
	require.ErrorContains(t, err, `"same"`)
	require.ErrorContains(t, err, "key:")
	require.Len(t, e.Simulator.Ledger(), 1)
}

// TestKindsOfWorkers runs a generation on every way to split the work.
func TestKindsOfWorkers(t *testing.T) {
	t.Parallel()
	versioned := sdkworker.Options{DeploymentOptions: sdkworker.DeploymentOptions{
		UseVersioning: true,
		Version:       sdkworker.WorkerDeploymentVersion{DeploymentName: "media", BuildID: "1.0"},
	}}
	for name, kinds := range map[string][]sdkworker.Options{
		"plain":                           {{}},
		"versioned":                       {versioned},
		"activity-only and workflow-only": {{DisableWorkflowWorker: true}, {LocalActivityWorkerOnly: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := stack.NewEmbedded(t, wavespeedtest.Options{})
			for _, options := range kinds {
				if options.DeploymentOptions.UseVersioning {
					options.DeploymentOptions.Version.DeploymentName += e.TaskQueue
				}
				e.StartWorker(t, options, nil)
				if options.DeploymentOptions.UseVersioning {
					setCurrentVersion(t, e.Client, options.DeploymentOptions.Version)
				}
			}
			require.NoError(t, e.Start(t, generation.WorkflowName, still("a lighthouse")).Get(t.Context(), nil))
			require.Len(t, e.Simulator.Ledger(), 1)
		})
	}
}

func setCurrentVersion(t *testing.T, c client.Client, version sdkworker.WorkerDeploymentVersion) {
	t.Helper()
	stack.Eventually(t, "the version does not become the current one", func() bool {
		_, err := c.WorkerDeploymentClient().GetHandle(version.DeploymentName).SetCurrentVersion(context.Background(),
			client.WorkerDeploymentSetCurrentVersionOptions{BuildID: version.BuildID})
		return err == nil
	})
}

// TestWhatItCosts counts the events and billable actions of a generation whose
// webhook comes while it waits, in a real history.
func TestWhatItCosts(t *testing.T) {
	t.Parallel()
	e := stack.NewEmbedded(t, wavespeedtest.Options{Duration: time.Second})
	e.StartWorker(t, sdkworker.Options{}, registerClip)

	standalone := historyOf(t, e.Client, finished(t, e.Start(t, generation.WorkflowName, still("a lighthouse"))))
	require.LessOrEqual(t, len(standalone.Events), 17)
	require.Equal(t, 4, actions(standalone))

	embedded := historyOf(t, e.Client, finished(t, e.Start(t, "Clip", clip.Brief{Scene: "a lighthouse", Motion: "waves"})))
	require.Equal(t, 1+3*3, actions(embedded), "the start, and three for each generation")
}

func finished(t *testing.T, run client.WorkflowRun) client.WorkflowRun {
	t.Helper()
	require.NoError(t, run.Get(t.Context(), nil))
	return run
}

// actions counts what Temporal Cloud bills. Source: docs.temporal.io/cloud/actions.
func actions(history *historypb.History) int {
	n := 0
	for _, event := range history.Events {
		switch event.GetEventType() {
		case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
			enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
			enumspb.EVENT_TYPE_TIMER_STARTED,
			enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
			enumspb.EVENT_TYPE_MARKER_RECORDED,
			enumspb.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
			enumspb.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED,
			enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
			n++
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_STARTED:
			n += int(event.GetActivityTaskStartedEventAttributes().GetAttempt()) - 1
		}
	}
	return n
}

// TestDuplicatesAreOneEvent: the server drops copies of a signal.
func TestDuplicatesAreOneEvent(t *testing.T) {
	t.Parallel()
	e := stack.NewEmbedded(t, wavespeedtest.Options{
		Duration: time.Second,
		Faults:   []wavespeedtest.Fault{{Kind: wavespeedtest.WebhookDuplicated, Count: 50}},
	})
	e.StartWorker(t, sdkworker.Options{}, nil)
	run := finished(t, e.Start(t, generation.WorkflowName, still("a lighthouse")))
	require.LessOrEqual(t, len(historyOf(t, e.Client, run).Events), 17)
}

func historyOf(t *testing.T, c client.Client, run client.WorkflowRun) *historypb.History {
	t.Helper()
	history := &historypb.History{}
	events := c.GetWorkflowHistory(t.Context(), run.GetID(), run.GetRunID(), false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		require.NoError(t, err)
		history.Events = append(history.Events, event)
	}
	return history
}

// TestReset: a reset to before the submit submits again, and the signal for the old
// prediction, which the reset applies again, does not end the new wait.
func TestReset(t *testing.T) {
	t.Parallel()
	e := stack.NewEmbedded(t, wavespeedtest.Options{Duration: time.Second})
	e.StartWorker(t, sdkworker.Options{}, nil)
	run := finished(t, e.Start(t, generation.WorkflowName, still("a lighthouse")))

	reset, err := e.Client.ResetWorkflowExecution(t.Context(), &workflowservice.ResetWorkflowExecutionRequest{
		Namespace:                 client.DefaultNamespace,
		WorkflowExecution:         execution(run),
		Reason:                    "test",
		RequestId:                 run.GetRunID(),
		WorkflowTaskFinishEventId: 4,
	})
	require.NoError(t, err)
	var result generation.Result
	require.NoError(t, e.Client.GetWorkflow(t.Context(), run.GetID(), reset.GetRunId()).Get(t.Context(), &result))
	ledger := e.Simulator.Ledger()
	require.Len(t, ledger, 2)
	require.Equal(t, ledger[1].PredictionID, result.PredictionID)
	require.Contains(t, result.URL(0), ledger[1].PredictionID)
}

// TestResetAfterTheSubmit keeps what was paid for.
func TestResetAfterTheSubmit(t *testing.T) {
	t.Parallel()
	e := stack.NewEmbedded(t, wavespeedtest.Options{Duration: time.Second})
	e.StartWorker(t, sdkworker.Options{}, nil)
	run := finished(t, e.Start(t, generation.WorkflowName, still("a lighthouse")))
	var before generation.Result
	require.NoError(t, run.Get(t.Context(), &before))
	reset, err := e.Client.ResetWorkflowExecution(t.Context(), &workflowservice.ResetWorkflowExecutionRequest{
		Namespace:                 client.DefaultNamespace,
		WorkflowExecution:         execution(run),
		Reason:                    "test",
		RequestId:                 run.GetRunID(),
		WorkflowTaskFinishEventId: 10,
	})
	require.NoError(t, err)
	var after generation.Result
	require.NoError(t, e.Client.GetWorkflow(t.Context(), run.GetID(), reset.GetRunId()).Get(t.Context(), &after))
	require.Equal(t, before.PredictionID, after.PredictionID)
	require.Equal(t, before.Outputs, after.Outputs)
	require.Len(t, e.Simulator.Ledger(), 1)
}
