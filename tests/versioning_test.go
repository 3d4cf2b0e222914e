package tests

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// TestRollingDeploy: a second version of the worker takes over. What the first began
// ends on the first, and what begins later runs on the second.
func TestRollingDeploy(t *testing.T) {
	t.Parallel()
	deployment := "media-" + uuid.NewString()[:8]
	s := stack.Start(t, stack.Options{
		Simulator: wavespeedtest.Options{Duration: 8 * time.Second},
		Env:       []string{"WORKER_DEPLOYMENT=" + deployment, "WORKER_BUILD_ID=one"},
	})
	makeCurrent(t, s.Client, deployment, "one")
	before := s.Generate(still("a lighthouse"))
	s.AwaitState(before, generation.StateWaiting)

	s.StartWorker("WORKER_BUILD_ID=two")
	makeCurrent(t, s.Client, deployment, "two")
	after := s.Generate(still("a harbour"))
	for run, build := range map[client.WorkflowRun]string{before: "one", after: "two"} {
		_, err := s.Result(run)
		require.NoError(t, err)
		described, err := s.Client.DescribeWorkflow(t.Context(), run.GetID(), run.GetRunID())
		require.NoError(t, err)
		require.Equal(t, build, described.RawResponse.GetWorkflowExecutionInfo().GetVersioningInfo().GetDeploymentVersion().GetBuildId())
	}
	require.Len(t, s.Simulator.Ledger(), 2)
}

// makeCurrent has new workflows begin on a version, once it has been heard of.
func makeCurrent(t *testing.T, c client.Client, deployment, build string) {
	t.Helper()
	stack.Eventually(t, "the version cannot be made current", func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_, err := c.WorkerDeploymentClient().GetHandle(deployment).SetCurrentVersion(ctx, client.WorkerDeploymentSetCurrentVersionOptions{BuildID: build})
		return err == nil
	})
}
