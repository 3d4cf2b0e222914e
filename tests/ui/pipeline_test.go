package ui

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"

	"github.com/wavespeed-temporal/wavespeed-temporal/examples/pipelines"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline/file"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

func example(t *testing.T, name string) pipeline.Definition {
	t.Helper()
	text, err := pipelines.Files.ReadFile(name)
	require.NoError(t, err)
	f, err := file.Parse(name, text)
	require.NoError(t, err)
	return f.Definition
}

func stateOf(t *testing.T, c client.Client, run client.WorkflowRun) pipeline.Status {
	t.Helper()
	var status pipeline.Status
	answer, err := c.QueryWorkflow(t.Context(), run.GetID(), run.GetRunID(), wire.RunStatusQuery)
	if err == nil {
		_ = answer.Get(&status)
	}
	return status
}

// TestApprovalInTheUI: who opens a run that waits sees what to judge, and can decide there.
func TestApprovalInTheUI(t *testing.T) {
	t.Parallel()
	e := stack.NewEmbedded(t, wavespeedtest.Options{Duration: 300 * time.Millisecond})
	e.StartWorker(t, sdkworker.Options{}, nil)
	run := e.Start(t, pipeline.WorkflowName, pipeline.Request{Pipeline: example(t, "styles.yaml")})
	stack.Eventually(t, "nobody is asked", func() bool { return stateOf(t, e.Client, run).State == pipeline.StateApproval })

	b := open(t, run)
	b.look("approval", "user-metadata", "Decide: choice", "Which one shall be animated?", "choice 0", "choice 4",
		"variants", "5 of 5", "approval", "$0.147 so far", "budget $2.00", "estimate $0.347 to $0.912")
	b.requireLink(e.Simulator.Ledger()[1].PredictionID)
	b.look("approval", "history", "checks models, inputs, prices and the balance", "still · wavespeed-ai/flux-dev",
		"variants[oil on canvas] · bytedance/seededit-v3", "choice · waiting for a decision until this timer fires, then: reject")
	b.update("wavespeed.decide", `{"verdict": "approve", "choice": 2, "by": "somebody", "comment": "in the UI"}`)
	require.NoError(t, run.Get(t.Context(), nil))
	b.look("pipeline", "user-metadata", "completed", "4 completed", "clip", "wavespeed-ai/wan-2.1/i2v-480p", "$0.20", "1.gif")
	b.look("pipeline", "history", "wavespeed.decide")
}

// TestManyItemsInTheUI: the run's table folds a thousand items into counts, and its
// children show theirs.
func TestManyItemsInTheUI(t *testing.T) {
	t.Parallel()
	e := stack.NewEmbedded(t, wavespeedtest.Options{Faults: []wavespeedtest.Fault{
		{Kind: wavespeedtest.Fails, Code: 1200, Message: "flagged", Input: "lamp"},
		{Kind: wavespeedtest.NeverEnds, Input: "marble stool"},
	}})
	e.StartWorker(t, sdkworker.Options{}, nil)
	rows := make([]any, 1000)
	for i := range rows {
		title := "mug"
		switch {
		case i < 20:
			title = "lamp"
		case i == 999:
			title = "marble stool"
		}
		rows[i] = map[string]any{"sku": i, "title": title, "colour": "sage"}
	}
	run := e.Start(t, pipeline.WorkflowName, pipeline.Request{Pipeline: example(t, "catalogue.yaml"), Inputs: map[string]any{"products": rows}})
	stack.Eventually(t, "not all has ended", func() bool {
		status := stateOf(t, e.Client, run)
		if len(status.Steps) == 0 {
			return false
		}
		step := status.Steps[0]
		return step.Items.Completed == 979 && step.Items.Failed == 20 && step.Attempts >= 999
	})
	b := open(t, run)
	b.look("catalogue", "user-metadata", "979 of 1000, 20 failed", "child workflows")
	child := open(t, childOf(t, e.Client, run, "shots · items 0 to 249"))
	child.look("catalogue-child", "user-metadata", "shots · items 0 to 249", "shots of catalogue", "of 250", "shots[", "flagged")
	require.NoError(t, e.Client.TerminateWorkflow(t.Context(), run.GetID(), run.GetRunID(), "seen"))
}

// childOf is the child of a run that has a summary.
func childOf(t *testing.T, c client.Client, run client.WorkflowRun, summary string) client.WorkflowRun {
	t.Helper()
	var wanted int64
	history := c.GetWorkflowHistory(t.Context(), run.GetID(), run.GetRunID(), false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		require.NoError(t, err)
		if strings.Contains(string(event.GetUserMetadata().GetSummary().GetData()), summary) {
			wanted = event.GetEventId()
		}
		if started := event.GetChildWorkflowExecutionStartedEventAttributes(); started != nil && started.GetInitiatedEventId() == wanted {
			return c.GetWorkflow(t.Context(), started.GetWorkflowExecution().GetWorkflowId(), started.GetWorkflowExecution().GetRunId())
		}
	}
	t.Fatal("the run has no such child")
	return nil
}
