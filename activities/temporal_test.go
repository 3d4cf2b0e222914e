package activities_test

import (
	"context"
	"strconv"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// fakeTemporal is a namespace as searches see it: workflows with their predictions, and
// deliveries that were kept.
type fakeTemporal struct {
	client.Client
	known  map[string]wire.KnownPredictions
	kept   map[string]wire.Signal
	silent string // a workflow that no worker answers for
	gone   string // a workflow that is listed, and was deleted
	ran    string // an activity in the history of each workflow
	// refuses is with which message workflows fail the query.
	refuses map[string]string
	alive   bool // the activity's attempt still counts
	attempt int32
	failure *failurepb.Failure // of the attempt before
	tried   bool               // an attempt has ended, though the activity was reset since
	memos   []string           // of each workflow, by name
	asked   int                // about a workflow
}

func (f *fakeTemporal) DescribeWorkflow(context.Context, string, string) (*client.WorkflowExecutionDescription, error) {
	f.asked++
	memo := &commonpb.Memo{Fields: make(map[string]*commonpb.Payload)}
	for _, name := range f.memos {
		memo.Fields[name] = nil
	}
	answer := &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{Memo: memo}}
	var completed *timestamppb.Timestamp
	if f.tried {
		completed = timestamppb.Now()
	}
	for i := range 10 {
		if f.alive { // whichever it is
			answer.PendingActivities = append(answer.PendingActivities,
				&workflowpb.PendingActivityInfo{
					ActivityId: strconv.Itoa(i), Attempt: max(f.attempt, 1), State: enumspb.PENDING_ACTIVITY_STATE_STARTED, LastFailure: f.failure, LastAttemptCompleteTime: completed,
				})
		}
	}
	return &client.WorkflowExecutionDescription{RawResponse: answer}, nil
}

func (f *fakeTemporal) ListWorkflow(context.Context, *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	var listed []*workflowpb.WorkflowExecutionInfo
	add := func(id string) {
		listed = append(listed, &workflowpb.WorkflowExecutionInfo{
			Execution: &commonpb.WorkflowExecution{WorkflowId: id, RunId: id}, Status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING,
		})
	}
	for id := range f.known {
		add(id)
	}
	for id := range f.refuses {
		add(id)
	}
	for _, id := range []string{f.silent, f.gone} {
		if id != "" {
			add(id)
		}
	}
	return &workflowservice.ListWorkflowExecutionsResponse{Executions: listed}, nil
}

func (f *fakeTemporal) QueryWorkflow(ctx context.Context, id, _, _ string, _ ...any) (converter.EncodedValue, error) {
	if id == f.silent {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if id == f.gone {
		return nil, serviceerror.NewNotFound("no such workflow")
	}
	if message := f.refuses[id]; message != "" {
		return nil, serviceerror.NewQueryFailed(message)
	}
	return encoded(f.known[id]), nil
}

func (f *fakeTemporal) GetWorkflowHistory(context.Context, string, string, bool, enumspb.HistoryEventFilterType) client.HistoryEventIterator {
	return &fakeHistory{events: []*historypb.HistoryEvent{
		{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED},
		{EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, Attributes: &historypb.HistoryEvent_ActivityTaskScheduledEventAttributes{
			ActivityTaskScheduledEventAttributes: &historypb.ActivityTaskScheduledEventAttributes{ActivityType: &commonpb.ActivityType{Name: f.ran}},
		}},
	}}
}

type fakeHistory struct{ events []*historypb.HistoryEvent }

func (h *fakeHistory) HasNext() bool { return len(h.events) > 0 }

func (h *fakeHistory) Next() (*historypb.HistoryEvent, error) {
	event := h.events[0]
	h.events = h.events[1:]
	return event, nil
}

func (f *fakeTemporal) GetWorkflow(_ context.Context, id, _ string) client.WorkflowRun {
	return keptRun{signal: f.kept[id]}
}

// keptRun is a workflow that keeps a delivery.
type keptRun struct {
	client.WorkflowRun
	signal wire.Signal
}

func (r keptRun) Get(_ context.Context, into any) error {
	if r.signal.Nonce == "" {
		return serviceerror.NewNotFound("no such workflow")
	}
	*into.(*wire.Signal) = r.signal
	return nil
}

func encoded(value any) converter.EncodedValue {
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(value)
	if err != nil {
		panic(err)
	}
	return client.NewValue(payloads)
}
