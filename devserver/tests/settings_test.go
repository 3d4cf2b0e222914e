package tests

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

func TestNamespaces(t *testing.T) {
	t.Parallel()
	p := start(t, "--headless", "--namespace", "default", "-n", "media", "--namespace=other")
	for _, name := range []string{"default", "media", "other"} {
		c := p.dial(t, name)
		namespace, err := c.WorkflowService().DescribeNamespace(bounded(t), &workflowservice.DescribeNamespaceRequest{Namespace: name})
		require.NoError(t, err)
		require.Equal(t, 72*time.Hour, namespace.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration())
		work(t, c)
		requireResult(t, begin(t, c, client.StartWorkflowOptions{}, greet, name), "Hello, "+name)
	}
}

func TestSearchAttributes(t *testing.T) {
	t.Parallel()
	var (
		model = temporal.NewSearchAttributeKeyKeyword("Model")
		cost  = temporal.NewSearchAttributeKeyFloat64("Cost")
		since = temporal.NewSearchAttributeKeyTime("Since")
	)
	file := filepath.Join(t.TempDir(), "dev.db")
	args := []string{
		"--headless", "--db-filename", file, "--namespace", "media",
		"--search-attribute", "Model=Keyword", "--search-attribute", "Cost=Double",
	}
	p := start(t, args...)
	for _, namespace := range []string{"default", "media"} {
		c := p.dial(t, namespace)
		begin(t, c, client.StartWorkflowOptions{
			ID:                    "described",
			TypedSearchAttributes: temporal.NewSearchAttributes(model.ValueSet("flux"), cost.ValueSet(0.25)),
		}, await)
		requireFound(t, c, `Model = "flux" AND Cost < 1`, "described")
	}
	require.Zero(t, p.stop(t, syscall.SIGTERM))

	// A later start may name more of them.
	p = start(t, append(args, "--search-attribute", "Since=Datetime")...)
	c := p.dial(t, "media")
	requireFound(t, c, `Model = "flux"`, "described")
	begin(t, c, client.StartWorkflowOptions{
		ID:                    "dated",
		TypedSearchAttributes: temporal.NewSearchAttributes(since.ValueSet(time.Unix(0, 0))),
	}, await)
	requireFound(t, c, `Since < "2001-01-01T00:00:00Z"`, "dated")
	require.Zero(t, p.stop(t, syscall.SIGTERM))

	// But none of another type.
	complaint, code := refused(t, "server", "start-dev", "--headless", flag("port", freePort(t)),
		"--db-filename", file, "--search-attribute", "Model=Int")
	require.Equal(t, 1, code)
	require.Contains(t, complaint, "Model=Int")
	require.Contains(t, complaint, "Keyword")
}

// requireFound waits until a query lists exactly one workflow: visibility
// follows a moment later.
func requireFound(t *testing.T, c client.Client, query, id string) {
	t.Helper()
	require.Eventually(t, func() bool {
		list, err := c.ListWorkflow(bounded(t), &workflowservice.ListWorkflowExecutionsRequest{Query: query})
		require.NoError(t, err)
		executions := list.GetExecutions()
		return len(executions) == 1 && executions[0].GetExecution().GetWorkflowId() == id
	}, patience, 20*time.Millisecond, "%s", query)
}

func TestDynamicConfig(t *testing.T) {
	t.Parallel()
	p := start(t, "--headless", "--dynamic-config-value", "limit.maxIDLength=200", "--dynamic-config-value", "made.up=1")
	c := p.dial(t, "default")
	begin(t, c, client.StartWorkflowOptions{ID: strings.Repeat("x", 200)}, await)
	_, err := c.ExecuteWorkflow(bounded(t), client.StartWorkflowOptions{ID: strings.Repeat("x", 201), TaskQueue: taskQueue}, await)
	var invalid *serviceerror.InvalidArgument
	require.ErrorAs(t, err, &invalid)
	require.Contains(t, p.stderr.String(), "made.up", "a misspelt setting would go unnoticed")
}

func TestDynamicConfigOverridesTunedSettings(t *testing.T) {
	t.Parallel()
	refusals := func(args ...string) (count int) {
		p := start(t, append([]string{"--headless"}, args...)...)
		service := workflowservice.NewWorkflowServiceClient(connect(t, p))
		for range 50 {
			_, err := service.CountWorkflowExecutions(bounded(t), &workflowservice.CountWorkflowExecutionsRequest{Namespace: "default"})
			if status.Code(err) == codes.ResourceExhausted {
				count++
			} else {
				require.NoError(t, err)
			}
		}
		return count
	}
	require.Zero(t, refusals())
	require.Positive(t, refusals("--dynamic-config-value", "frontend.namespaceRPS.visibility=1"))
}

// TestManyWaiters has more clients wait at once than a server allows by
// default.
func TestManyWaiters(t *testing.T) {
	t.Parallel()
	const waiters = 1500
	p := start(t, "--headless")
	c := p.dial(t, "default")
	work(t, c)
	run := begin(t, c, client.StartWorkflowOptions{}, await)

	service := workflowservice.NewWorkflowServiceClient(connect(t, p))
	ctx := bounded(t)
	var sent, answered sync.WaitGroup
	errs := make(chan error, waiters)
	for range waiters {
		sent.Add(1)
		answered.Go(func() {
			sent.Done()
			errs <- awaitClose(ctx, service, run)
		})
	}
	sent.Wait()
	require.NoError(t, c.SignalWorkflow(ctx, run.GetID(), run.GetRunID(), "news", "good"))
	answered.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
}

func TestWorkerDeployments(t *testing.T) {
	t.Parallel()
	p := start(t, "--headless")
	c := p.dial(t, "default")
	version := workVersioned(t, c)

	deployment := c.WorkerDeploymentClient().GetHandle(version.DeploymentName)
	require.Eventually(t, func() bool { // once the worker has polled
		_, err := deployment.SetCurrentVersion(bounded(t), client.WorkerDeploymentSetCurrentVersionOptions{BuildID: version.BuildID})
		return err == nil
	}, patience, 100*time.Millisecond)

	run := begin(t, c, client.StartWorkflowOptions{}, greet, "you")
	requireResult(t, run, "Hello, you")
	described, err := c.DescribeWorkflowExecution(bounded(t), run.GetID(), run.GetRunID())
	require.NoError(t, err)
	info := described.GetWorkflowExecutionInfo().GetVersioningInfo()
	require.Equal(t, enumspb.VERSIONING_BEHAVIOR_PINNED, info.GetBehavior())
	require.Equal(t, version.BuildID, info.GetDeploymentVersion().GetBuildId())
}

// awaitClose waits as a client does that asks for a workflow's result, except
// that it takes no refusal.
func awaitClose(ctx context.Context, service workflowservice.WorkflowServiceClient, run client.WorkflowRun) error {
	for {
		response, err := service.GetWorkflowExecutionHistory(ctx, &workflowservice.GetWorkflowExecutionHistoryRequest{
			Namespace:              "default",
			Execution:              &commonpb.WorkflowExecution{WorkflowId: run.GetID(), RunId: run.GetRunID()},
			WaitNewEvent:           true,
			HistoryEventFilterType: enumspb.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT,
		})
		if err != nil || len(response.GetHistory().GetEvents()) > 0 {
			return err
		}
	}
}

func connect(t *testing.T, p *process) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient("passthrough:///"+p.address(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}
