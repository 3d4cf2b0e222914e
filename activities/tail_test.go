package activities_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"google.golang.org/grpc"

	"github.com/wavespeed-temporal/wavespeed-temporal/activities"
	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// packed is the data converter of all that is in the histories here.
var packed = converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), converter.NewZlibCodec(converter.ZlibCodecOptions{AlwaysEncode: true}))

// endedRun is a run that was terminated: what it answers, and its history.
type endedRun struct {
	client.Client
	page    runwire.Page
	history []*historypb.HistoryEvent
	down    error
	read    int // events
}

func (r *endedRun) WorkflowService() workflowservice.WorkflowServiceClient { return backwards{run: r} }

// backwards reads a history from its end.
type backwards struct {
	workflowservice.WorkflowServiceClient
	run *endedRun
}

func (r *endedRun) DescribeWorkflow(context.Context, string, string) (*client.WorkflowExecutionDescription, error) {
	return &client.WorkflowExecutionDescription{RawResponse: &workflowservice.DescribeWorkflowExecutionResponse{
		WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{Status: enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED},
	}}, nil
}

func (r *endedRun) QueryWorkflow(context.Context, string, string, string, ...any) (converter.EncodedValue, error) {
	return encoded(r.page), nil
}

func (b backwards) GetWorkflowExecutionHistoryReverse(_ context.Context, in *workflowservice.GetWorkflowExecutionHistoryReverseRequest, _ ...grpc.CallOption) (*workflowservice.GetWorkflowExecutionHistoryReverseResponse, error) {
	r := b.run
	from, _ := strconv.Atoi(string(in.GetNextPageToken()))
	events := slices.Clone(r.history)
	slices.Reverse(events)
	events = events[from:min(len(events), from+int(in.GetMaximumPageSize()))]
	r.read += len(events)
	answer := &workflowservice.GetWorkflowExecutionHistoryReverseResponse{History: &historypb.History{Events: events}}
	if next := from + len(events); next < len(r.history) {
		answer.NextPageToken = []byte(strconv.Itoa(next))
	}
	return answer, r.down
}

func (r *endedRun) happens(kind enumspb.EventType) *historypb.HistoryEvent {
	r.history = append(r.history, &historypb.HistoryEvent{EventType: kind})
	return r.history[len(r.history)-1]
}

func (r *endedRun) signal(key string, arg any) {
	payloads, _ := packed.ToPayloads(arg)
	r.happens(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED).Attributes = &historypb.HistoryEvent_WorkflowExecutionSignaledEventAttributes{
		WorkflowExecutionSignaledEventAttributes: &historypb.WorkflowExecutionSignaledEventAttributes{SignalName: wire.SignalName(key), Input: payloads},
	}
}

func (r *endedRun) webhook(key, nonce, prediction string) {
	r.signal(key, wire.Signal{Nonce: nonce, Outcome: wire.Outcome{PredictionID: prediction}})
}

func (r *endedRun) completes(result any) {
	payloads, _ := packed.ToPayloads(result)
	r.happens(enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED).Attributes = &historypb.HistoryEvent_ActivityTaskCompletedEventAttributes{
		ActivityTaskCompletedEventAttributes: &historypb.ActivityTaskCompletedEventAttributes{Result: payloads},
	}
}

func (r *endedRun) fails(kind generation.ErrorType, details any) {
	payloads, _ := packed.ToPayloads(details)
	r.happens(enumspb.EVENT_TYPE_ACTIVITY_TASK_FAILED).Attributes = &historypb.HistoryEvent_ActivityTaskFailedEventAttributes{
		ActivityTaskFailedEventAttributes: &historypb.ActivityTaskFailedEventAttributes{Failure: &failurepb.Failure{
			FailureInfo: &failurepb.Failure_ApplicationFailureInfo{ApplicationFailureInfo: &failurepb.ApplicationFailureInfo{Type: string(kind), Details: payloads}},
		}},
	}
}

// recall reads the run, whose one generation has this last attempt, at the nth try.
func (r *endedRun) recall(t *testing.T, last generation.Attempt, try int32) (generation.Attempt, error) {
	t.Helper()
	r.read = 0
	status := generation.Status{Key: "still", State: last.State, Attempts: []*generation.Attempt{&last}}
	r.page = runwire.Page{Steps: []runwire.StepResults{{ID: "still", Items: []pipeline.ItemResult{{Generations: []generation.Status{status}}}}}}
	options := forProvider(accepting())
	options.Converter = func() converter.DataConverter { return packed }
	acts, err := activities.New(options)
	require.NoError(t, err)
	activities.SetClient(acts, r)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment().SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{&later{attempt: try}}})
	acts.Register(env)
	answer, err := env.ExecuteActivity(runwire.RecallName, runwire.RecallInput{WorkflowID: "w", RunID: "r"})
	if err != nil {
		return last, err
	}
	var page runwire.Page
	require.NoError(t, answer.Get(&page))
	return *page.Steps[0].Items[0].Generations[0].Attempts[0], nil
}

var unknown = generation.Attempt{Number: 1, Nonce: "n", State: generation.StateUnknown, Reason: "lost", Candidates: []string{"p0"}}

func TestTails(t *testing.T) {
	t.Parallel()
	price := generation.Dollars(0.1)
	for name, c := range map[string]struct {
		happens func(r *endedRun)
		want    generation.Attempt // what the attempt becomes
	}{
		"nothing": {func(*endedRun) {}, unknown},
		"webhooks, twice, and another submit's": {func(r *endedRun) {
			r.webhook("still", "n", "p1")
			r.webhook("still", "n", "p1")
			r.webhook("still", "m", "p2")
			r.webhook("clip", "n", "p3")
		}, generation.Attempt{Delivered: []string{"p1"}}},
		"a submit without an answer": {func(r *endedRun) {
			r.fails(generation.ErrorTypeSubmitUnknown, wire.Lost{Nonce: "n", APIKey: "key", Price: &price})
		}, generation.Attempt{State: unknown.State, Reason: unknown.Reason, Candidates: unknown.Candidates, APIKey: "key", Price: &price}},
		"other failures": {func(r *endedRun) {
			r.fails(generation.ErrorTypeSubmitUnknown, wire.Lost{Nonce: "m", APIKey: "key"})
			r.fails(generation.ErrorTypeUnavailable, wire.Waiting{After: 1})
			r.fails(generation.ErrorTypeSubmitUnknown, "n")
		}, unknown},
		"a webhook before a failed task": {func(r *endedRun) {
			r.webhook("still", "n", "p1")
			r.happens(enumspb.EVENT_TYPE_WORKFLOW_TASK_FAILED)
		}, generation.Attempt{Delivered: []string{"p1"}}},
		"a webhook with the seed": {func(r *endedRun) {
			r.webhook("still", "n", "p2")
			r.signal("still", wire.Signal{Nonce: "n", Identified: true, Outcome: wire.Outcome{PredictionID: "p1"}})
			r.webhook("still", "n", "p2")
		}, generation.Attempt{PredictionID: "p1"}},
		"the answer": {func(r *endedRun) {
			r.completes(wire.Submitted{PredictionID: "p9", Nonce: "m"})
			r.completes(wire.Submitted{PredictionID: "p1", Nonce: "n", Price: &price, APIKey: "ours"})
			r.webhook("still", "n", "p2")
			r.completes(wire.Found{PredictionID: "p3"})
		}, generation.Attempt{PredictionID: "p1", Answered: true, Price: &price, APIKey: "ours"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := new(endedRun)
			for range 100 {
				r.webhook("still", "n", "before")
			}
			r.happens(enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED)
			c.happens(r)
			r.happens(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED)
			got, err := r.recall(t, unknown, 1)
			require.NoError(t, err)
			require.LessOrEqual(t, r.read, 16)
			want := c.want
			want.Number, want.Nonce, want.State = 1, "n", generation.StateUnknown
			if want.PredictionID == "" {
				want.Reason, want.Candidates = unknown.Reason, unknown.Candidates
			}
			require.Equal(t, want, got)
		})
	}
}

// TestTailsThatAreNotRead: nothing is unknown, so nothing that they say matters.
func TestTailsThatAreNotRead(t *testing.T) {
	t.Parallel()
	r := new(endedRun)
	r.webhook("still", "n", "p2")
	for _, state := range []generation.State{generation.StateWaiting, generation.StateCompleted, generation.StateAbsent} {
		_, err := r.recall(t, generation.Attempt{PredictionID: "p1", Nonce: "n", State: state}, 1)
		require.NoError(t, err)
		require.Zero(t, r.read, state)
	}
}

// TestLongTails are read in pages, up to a bound, and name as many predictions as a workflow keeps.
func TestLongTails(t *testing.T) {
	t.Parallel()
	r := new(endedRun)
	for n := range 20_000 {
		r.webhook("still", "n", fmt.Sprint("p", n))
	}
	got, err := r.recall(t, unknown, 1)
	require.NoError(t, err)
	require.Len(t, got.Delivered, wire.MaxCandidates)
	require.Less(t, r.read, 11_000)
}

// TestTailsThatCannotBeRead are tried again, but not for ever if they can't be decoded: else the
// run could never be re-run. What can be decoded is taken.
func TestTailsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	undecodable := new(endedRun)
	undecodable.webhook("still", "n", "p1")
	undecodable.signal("still", "not a signal")
	_, err := undecodable.recall(t, unknown, 1)
	require.ErrorContains(t, err, "the end of the history of w")
	waits(t, err)
	got, err := undecodable.recall(t, unknown, 6)
	require.NoError(t, err)
	require.Equal(t, []string{"p1"}, got.Delivered)

	for _, attempt := range []int32{1, 6} {
		_, err := (&endedRun{down: errors.New("no")}).recall(t, unknown, attempt)
		require.ErrorContains(t, err, "the end of the history of w")
		waits(t, err)
	}
}
