package activities_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/testsuite"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/wavespeed-temporal/wavespeed-temporal/activities"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// keeping is a namespace with a workflow that keeps an account's limits.
type keeping struct {
	client.Client
	waits   time.Duration // of its workflow task
	pollers int
	ended   []string
}

func (k *keeping) DescribeWorkflow(_ context.Context, id, _ string) (*client.WorkflowExecutionDescription, error) {
	if id != wire.KeeperID("default") {
		return nil, serviceerror.NewNotFound("no such workflow")
	}
	return &client.WorkflowExecutionDescription{RawResponse: &workflowservice.DescribeWorkflowExecutionResponse{
		WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{
			Execution: &commonpb.WorkflowExecution{WorkflowId: id, RunId: "run"}, Status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, TaskQueue: "gone",
		},
		PendingWorkflowTask: &workflowpb.PendingWorkflowTaskInfo{
			State: enumspb.PENDING_WORKFLOW_TASK_STATE_SCHEDULED, ScheduledTime: timestamppb.New(time.Now().Add(-k.waits)),
		},
	}}, nil
}

func (k *keeping) DescribeTaskQueue(context.Context, string, enumspb.TaskQueueType) (*workflowservice.DescribeTaskQueueResponse, error) {
	return &workflowservice.DescribeTaskQueueResponse{Pollers: make([]*taskqueuepb.PollerInfo, k.pollers)}, nil
}

func (k *keeping) TerminateWorkflow(_ context.Context, id, run, _ string, _ ...any) error {
	k.ended = append(k.ended, id+"/"+run)
	return nil
}

// TestStrandedKeeper: a keeper whose task queue has lost its workers is ended, once a submit finds
// that it does not answer.
func TestStrandedKeeper(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ungated bool
		waits   time.Duration
		pollers int
		ends    bool
	}{
		"nobody polls":   {true, time.Hour, 0, true},
		"it has workers": {true, time.Hour, 1, false},
		"not for long":   {true, time.Second, 0, false},
		"it answers":     {false, time.Hour, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := accepting()
			acts, err := activities.New(forProvider(p))
			require.NoError(t, err)
			at := &keeping{waits: c.waits, pollers: c.pollers}
			activities.SetClient(acts, at)
			var suite testsuite.WorkflowTestSuite
			env := suite.NewTestActivityEnvironment()
			acts.Register(env)
			in := submitInput(`{}`)
			for _, nonce := range []string{"n1", "n2"} { // the second does not look again
				in.Nonce, in.Ungated = nonce, c.ungated
				_, err = env.ExecuteActivity(wire.SubmitName, in)
				require.NoError(t, err)
			}
			require.Len(t, p.submits, 2)
			if c.ends {
				require.Equal(t, []string{wire.KeeperID("default") + "/run"}, at.ended)
				return
			}
			require.Empty(t, at.ended)
		})
	}
}
