package engine_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/engine"
	"github.com/wavespeed-temporal/wavespeed-temporal/worker"
)

// recorded are the histories that are kept of our workflows, by file.
func recorded(t *testing.T) map[string]*historypb.History {
	t.Helper()
	files, err := filepath.Glob("testdata/histories/*.json.gz")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	more, err := filepath.Glob("../../workflows/testdata/histories/*.json")
	require.NoError(t, err)
	histories := make(map[string]*historypb.History)
	for _, path := range append(files, more...) {
		encoded, err := os.ReadFile(path)
		require.NoError(t, err)
		if strings.HasSuffix(path, ".gz") {
			reader, err := gzip.NewReader(bytes.NewReader(encoded))
			require.NoError(t, err)
			encoded, err = io.ReadAll(reader)
			require.NoError(t, err)
		}
		history, err := client.HistoryFromJSON(bytes.NewReader(encoded), client.HistoryJSONOptions{})
		require.NoError(t, err, path)
		kind := history.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetWorkflowType().GetName()
		if strings.HasPrefix(kind, "wavespeed.") {
			histories[path] = history
		}
	}
	return histories
}

func requireReplays(t *testing.T, histories map[string]*historypb.History, interceptors ...interceptor.WorkerInterceptor) {
	t.Helper()
	plugin, err := worker.NewPlugin(worker.Options{NoActivities: true})
	require.NoError(t, err)
	replayer, err := sdkworker.NewWorkflowReplayerWithOptions(sdkworker.WorkflowReplayerOptions{Plugins: []sdkworker.Plugin{plugin}, Interceptors: interceptors, DisableDeadlockDetection: true})
	require.NoError(t, err)
	for path, history := range histories {
		require.NoError(t, replayer.ReplayWorkflowHistoryWithOptions(nil, history, sdkworker.ReplayWorkflowHistoryOptions{
			OriginalExecution: workflow.Execution{ID: history.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetWorkflowId()},
		}), path)
	}
}

// TestSizesOfRecordsChangeNoCommand: a version in which our records are larger decides the
// same. It is not parallel to others, because it changes what they are taken to have.
func TestSizesOfRecordsChangeNoCommand(t *testing.T) { //nolint:paralleltest
	engine.Pad(2_000_000)
	defer engine.Pad(0)
	requireReplays(t, recorded(t))
}

// TestDrawingChangesNoCommand: a run whose details somebody else has written draws nothing,
// and decides the same.
func TestDrawingChangesNoCommand(t *testing.T) {
	t.Parallel()
	requireReplays(t, recorded(t), &foreignDetails{})
}

type foreignDetails struct {
	interceptor.WorkerInterceptorBase
}

func (*foreignDetails) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	return &writesDetails{interceptor.WorkflowInboundInterceptorBase{Next: next}}
}

type writesDetails struct {
	interceptor.WorkflowInboundInterceptorBase
}

func (w *writesDetails) ExecuteWorkflow(ctx workflow.Context, in *interceptor.ExecuteWorkflowInput) (any, error) {
	workflow.SetCurrentDetails(ctx, "of somebody else")
	return w.Next.ExecuteWorkflow(ctx, in)
}

// TestFieldsOfNewerVersionsChangeNoCommand: a newer worker has written records with more
// fields into the history.
func TestFieldsOfNewerVersionsChangeNoCommand(t *testing.T) {
	t.Parallel()
	histories := recorded(t)
	changed := 0
	for _, history := range histories {
		for _, event := range history.GetEvents() {
			for _, payload := range exchanged(event) {
				changed += addFields(payload)
			}
		}
	}
	require.Greater(t, changed, 100)
	requireReplays(t, histories)
}

// exchanged are the payloads of an event that our own code has written.
func exchanged(event *historypb.HistoryEvent) []*commonpb.Payload {
	payloads := event.GetActivityTaskCompletedEventAttributes().GetResult().GetPayloads()
	payloads = append(payloads, event.GetChildWorkflowExecutionCompletedEventAttributes().GetResult().GetPayloads()...)
	return append(payloads, event.GetWorkflowExecutionSignaledEventAttributes().GetInput().GetPayloads()...)
}

// ours are the fields that hold records of ours.
var ours = []string{"items", "generations", "replaced", "attempts", "steps", "approval", "decisions", "estimate"}

// addFields adds a field to each record of ours in a payload.
func addFields(payload *commonpb.Payload) int {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(payload.GetData()))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil {
		return 0
	}
	changed := addField(value)
	payload.Data, _ = json.Marshal(value)
	return changed
}

func addField(value any) (changed int) {
	switch value := value.(type) {
	case []any:
		for _, member := range value {
			changed += addField(member)
		}
	case map[string]any:
		for _, name := range ours {
			changed += addField(value[name])
		}
		value["of_a_newer_version"] = strings.Repeat("x", 3000)
		changed++
	}
	return changed
}
