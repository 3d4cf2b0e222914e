package tests

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

const taskQueue = "tests"

// greet returns a greeting at once.
func greet(_ workflow.Context, name string) (string, error) { return "Hello, " + name, nil }

// await returns what its signal brings.
func await(ctx workflow.Context) (string, error) {
	var news string
	workflow.GetSignalChannel(ctx, "news").Receive(ctx, &news)
	return news, nil
}

// work runs a worker until the test ends.
func work(t *testing.T, c client.Client) {
	t.Helper()
	workWith(t, c, worker.Options{})
}

// workVersioned does so as a version of a worker deployment.
func workVersioned(t *testing.T, c client.Client) worker.WorkerDeploymentVersion {
	t.Helper()
	version := worker.WorkerDeploymentVersion{DeploymentName: "media", BuildID: "1.0"}
	workWith(t, c, worker.Options{DeploymentOptions: worker.DeploymentOptions{
		UseVersioning:             true,
		Version:                   version,
		DefaultVersioningBehavior: workflow.VersioningBehaviorPinned,
	}})
	return version
}

func workWith(t *testing.T, c client.Client, options worker.Options) {
	t.Helper()
	w := worker.New(c, taskQueue, options)
	w.RegisterWorkflow(greet)
	w.RegisterWorkflow(await)
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
}

func begin(t *testing.T, c client.Client, options client.StartWorkflowOptions, flow any, args ...any) client.WorkflowRun {
	t.Helper()
	options.TaskQueue = taskQueue
	run, err := c.ExecuteWorkflow(bounded(t), options, flow, args...)
	require.NoError(t, err)
	return run
}

func requireResult(t *testing.T, run client.WorkflowRun, want string) {
	t.Helper()
	var got string
	require.NoError(t, run.Get(bounded(t), &got))
	require.Equal(t, want, got)
}

func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}
