package tests

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/engine"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// TestPipelineSearchAttributes show the run's state, whatever caused it, and fit however many
// models there are.
func TestPipelineSearchAttributes(t *testing.T) {
	t.Parallel()
	text := "budget: 0.05\nsteps:\n"
	var models []wavespeedtest.Model
	for i := range 60 {
		models = append(models, wavespeedtest.Model{ID: fmt.Sprintf("example/a-model-with-a-rather-long-name-%03d", i), Price: 0.001, Type: "text-to-image"})
		text += fmt.Sprintf("  s%d: {model: %s, input: {prompt: x}}\n", i, models[i].ID)
	}
	p := newPipelinesWith(t, wavespeedtest.Options{Models: models})
	p.addSearchAttributes()
	run := p.Start(t, pipeline.WorkflowName, pipeline.Request{Pipeline: parse(t, text), SearchAttributes: true})
	p.awaitState(run, pipeline.StateHeld)
	p.awaitAttribute(run, wire.AttributeState, `"held"`)
	require.NoError(t, p.update(run, wire.RunBudgetUpdate, 1))
	p.result(run)
	p.awaitAttribute(run, wire.AttributeState, `"completed"`)
	p.awaitAttribute(run, wire.AttributeCost, "0.06")
	p.awaitAttribute(run, wire.AttributeModels, `["example/a-model-with-a-rather-long-name-000"`)

	refused := p.Start(t, pipeline.WorkflowName, pipeline.Request{Pipeline: pipeline.Definition{Name: "none"}, SearchAttributes: true})
	p.failure(refused)
	p.awaitAttribute(refused, wire.AttributeState, `"failed"`)
}

func (p *pipelines) addSearchAttributes() {
	p.t.Helper()
	_, err := p.Client.OperatorService().AddSearchAttributes(p.t.Context(), &operatorservice.AddSearchAttributesRequest{
		Namespace: client.DefaultNamespace, SearchAttributes: map[string]enumspb.IndexedValueType{
			wire.AttributePipeline: enumspb.INDEXED_VALUE_TYPE_KEYWORD, wire.AttributeModels: enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST,
			wire.AttributeState: enumspb.INDEXED_VALUE_TYPE_KEYWORD, wire.AttributeCost: enumspb.INDEXED_VALUE_TYPE_DOUBLE,
		},
	})
	require.NoError(p.t, err)
	stack.Eventually(p.t, "the attributes are not there", func() bool {
		_, err := p.Client.ListWorkflow(p.t.Context(), &workflowservice.ListWorkflowExecutionsRequest{
			Query: fmt.Sprintf("%s = 'x' AND %s = 'x' AND %s = 'x' AND %s = 0", wire.AttributePipeline, wire.AttributeModels, wire.AttributeState, wire.AttributeCost),
		})
		return err == nil
	})
}

func (p *pipelines) awaitAttribute(run client.WorkflowRun, name, prefix string) {
	p.t.Helper()
	stack.Eventually(p.t, name+" does not get to be "+prefix, func() bool {
		described, err := p.Client.DescribeWorkflow(p.t.Context(), run.GetID(), run.GetRunID())
		return err == nil && strings.HasPrefix(string(described.RawResponse.GetWorkflowExecutionInfo().GetSearchAttributes().GetIndexedFields()[name].GetData()), prefix)
	})
}

// TestPipelineForeignSignals: signals that don't come from the run's own children change
// nothing.
func TestPipelineForeignSignals(t *testing.T) {
	t.Parallel()
	p := newPipelinesWith(t, wavespeedtest.Options{Duration: 6 * time.Second})
	run := p.begin(shots, 60)
	child := runwire.Child{WorkflowID: p.children(run)[0].GetID(), RunID: p.children(run)[0].GetRunID()}
	for _, signal := range []any{
		"no report", 42, nil, []int{1}, map[string]any{"completed": "many"},
		engine.Progress{Completed: 50}, engine.Progress{Child: runwire.Child{WorkflowID: "another"}, Completed: 50},
		engine.Progress{Child: child, Completed: 70, Failed: -20}, engine.Progress{Child: child, Completed: 1000},
	} {
		require.NoError(t, p.Client.SignalWorkflow(t.Context(), run.GetID(), run.GetRunID(), runwire.ProgressSignal, signal))
		require.NoError(t, p.Client.SignalWorkflow(t.Context(), run.GetID(), run.GetRunID(), "wavespeed.nosuch", signal))
	}
	var told pipeline.Counts
	stack.Eventually(t, "the run does not answer", func() bool {
		status, ok := p.status(run)
		if ok {
			told = *status.Steps[0].Items
		}
		return ok
	})
	require.Equal(t, 60, total(told))
	require.Zero(t, told.Failed)
	require.LessOrEqual(t, told.Completed, len(p.Simulator.Ledger()))
	require.Equal(t, &pipeline.Counts{Total: 60, Completed: 60}, p.result(run).Steps[0].Items)
	require.Equal(t, "Completed", p.describe(run))
}

// TestPipelineBudgetIsRaisedWhileChildrenRun: children that wait for their share continue
// immediately, not when the first child has ended.
func TestPipelineBudgetIsRaisedWhileChildrenRun(t *testing.T) {
	t.Parallel()
	p := newPipelines(t, wavespeedtest.Fault{Kind: wavespeedtest.NeverEnds, Input: "product 0"})
	run := p.start("budget: 0.012\n"+shots, map[string]any{"rows": rows(500)})
	stack.Eventually(t, "nothing was submitted", func() bool { return len(p.Simulator.Ledger()) == 1 })
	require.NoError(t, p.update(run, wire.RunBudgetUpdate, 100))
	stack.Eventually(t, "the other child does not begin", func() bool { return p.submits()["product 499"] == 1 })
	require.NoError(t, p.Client.TerminateWorkflow(t.Context(), run.GetID(), run.GetRunID(), "test"))
}

// TestPipelineBudgetIsLowered below the amount spent: nothing more is submitted until it is
// raised again.
func TestPipelineBudgetIsLowered(t *testing.T) {
	t.Parallel()
	p := newPipelines(t)
	run := p.start("budget: 0.25\n"+chain, nil)
	p.awaitState(run, pipeline.StateHeld)
	for _, usd := range []float64{0.1, 0.001, 1e-9} {
		require.NoError(t, p.update(run, wire.RunBudgetUpdate, usd))
		status := p.awaitState(run, pipeline.StateHeld)
		require.Equal(t, generation.Dollars(usd), *status.Budget)
		require.Equal(t, generation.Dollars(0.15), status.Uncovered)
	}
	require.Len(t, p.Simulator.Ledger(), 2)
	require.NoError(t, p.update(run, wire.RunBudgetUpdate, 0.363))
	require.Equal(t, generation.Dollars(0.362), *p.result(run).Cost)
}

// TestPipelineFloodOfUpdates: of many concurrent decisions one counts, and the others are
// rejected.
func TestPipelineFloodOfUpdates(t *testing.T) {
	t.Parallel()
	p := newPipelines(t)
	run := p.start("budget: 1\nsteps: {review: {approve: {message: x}}, still: {needs: [review], model: wavespeed-ai/flux-dev, input: {prompt: x}}}", nil)
	p.awaitState(run, pipeline.StateApproval)
	var group sync.WaitGroup
	for i := range 8 { // Temporal lets ten be in flight at once
		group.Go(func() {
			if i%4 == 0 {
				_ = p.update(run, wire.RunBudgetUpdate, float64(i+1))
			}
			_ = p.decide(run, generation.Decision{Verdict: "approve", By: fmt.Sprint(i)})
		})
	}
	p.result(run)
	require.Len(t, p.Simulator.Ledger(), 1)
	var approvals []generation.ApprovalStatus
	answer, err := p.Client.QueryWorkflow(t.Context(), run.GetID(), run.GetRunID(), generation.ApprovalsQuery)
	require.NoError(t, err)
	require.NoError(t, answer.Get(&approvals))
	require.Len(t, approvals[0].Decisions, 1)
	group.Wait()
}

// TestPipelineCanceledApproval is not a decision, whatever on_timeout says.
func TestPipelineCanceledApproval(t *testing.T) {
	t.Parallel()
	for _, then := range []string{generation.VerdictApprove, generation.VerdictReject} {
		t.Run(then, func(t *testing.T) {
			t.Parallel()
			p := newPipelines(t)
			text := "steps: {review: {approve: {on_timeout: " + then + "}}, still: {needs: [review], model: wavespeed-ai/flux-dev, input: {prompt: x}}}"
			run := p.start(text, nil)
			p.awaitState(run, pipeline.StateApproval)
			require.NoError(t, p.Client.CancelWorkflow(t.Context(), run.GetID(), run.GetRunID()))
			_, err := p.wait(run)
			var canceled *temporal.CanceledError
			require.ErrorAs(t, err, &canceled)
			var approvals []generation.ApprovalStatus
			answer, err := p.Client.QueryWorkflow(t.Context(), run.GetID(), run.GetRunID(), generation.ApprovalsQuery)
			require.NoError(t, err)
			require.NoError(t, answer.Get(&approvals))
			require.Equal(t, generation.VerdictWithdrawn, approvals[0].Verdict)

			again := p.restart(run, pipeline.Request{Pipeline: parse(t, text)})
			p.awaitState(again, pipeline.StateApproval)
			require.Empty(t, p.Simulator.Ledger(), "nobody has approved")
			require.NoError(t, p.decide(again, generation.Decision{Verdict: generation.VerdictApprove}))
			p.result(again)
		})
	}
}

// TestPipelineBudgetCountsWhatIsBilled, and shows it: submits whose response was lost, and
// predictions completed without outputs, which are not refunded.
func TestPipelineBudgetCountsWhatIsBilled(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]wavespeedtest.Fault{
		"unknown": {Kind: wavespeedtest.AcceptedReset, Times: 1}, "without outputs": {Kind: wavespeedtest.OutputsEmpty, Times: 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPipelinesWith(t, wavespeedtest.Options{Behavior: listing, Faults: []wavespeedtest.Fault{fault}})
			run := p.start(`
budget: 0.03
steps:
  a: {model: wavespeed-ai/flux-dev, retry: {predictions: 4, wait: 1ms}, input: {prompt: a}}
  b: {needs: [a], model: wavespeed-ai/flux-dev, input: {prompt: b}}
  c: {needs: [b], model: wavespeed-ai/flux-dev, input: {prompt: c}}
`, nil)
			status := p.awaitState(run, pipeline.StateHeld)
			require.Len(t, p.Simulator.Ledger(), 2)
			require.Equal(t, generation.Dollars(0.024), *status.Cost)
			require.NoError(t, p.update(run, wire.RunBudgetUpdate, 1))
			cost := *p.result(run).Cost
			require.Equal(t, generation.Dollars(p.Simulator.Counts().Charged), cost)
		})
	}
}
