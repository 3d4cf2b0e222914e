package tests

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// longRows are rows with so many bytes each.
func longRows(n, bytes int) []any {
	list := rows(n)
	for _, row := range list {
		row.(map[string]any)["notes"] = strings.Repeat("x", bytes)
	}
	return list
}

// waited requires that a run waited for another workflow task to have room.
func waited(t *testing.T, _ pipeline.Result, history *historypb.History) {
	require.True(t, hasTimer(history, time.Millisecond))
}

// pausedForAWhile pauses a run and resumes it, twice.
func pausedForAWhile(p *pipelines, run client.WorkflowRun) {
	stack.Eventually(p.t, "nothing is submitted", func() bool { return len(p.Simulator.Ledger()) > 0 })
	for range 2 {
		p.pause(run)
		p.resume(run)
	}
}

// toppedUp tops up the account of a run that waits for it.
func toppedUp(p *pipelines, run client.WorkflowRun) {
	p.awaitState(run, pipeline.StateHeld)
	p.Simulator.Heal()
	p.resume(run)
}

// pipelineShapes are the ways that runs can go, each kind of step among them, as
// histories that are kept.
var pipelineShapes = map[string]struct {
	text       string
	faults     []wavespeedtest.Fault
	writer     bool // has a model that gives long texts
	attributes bool
	inputs     map[string]any
	steer      func(p *pipelines, run client.WorkflowRun)
	check      func(t *testing.T, result pipeline.Result, history *historypb.History) // that what is to be crossed was
}{
	"chain": {text: chain},
	"conditions": {
		text: `
inputs: {animate: boolean}
steps:
  still: {model: wavespeed-ai/flux-dev, input: {prompt: a still}}
  clip: {if: inputs.animate, model: wavespeed-ai/wan-2.1/i2v-480p, input: {prompt: a clip, image: "${{ steps.still.output }}"}}
  instead: {if: 'steps.clip.state == "skipped"', model: wavespeed-ai/flux-dev, input: {prompt: instead}}
`,
		inputs: map[string]any{"animate": false},
	},
	"fallback": {
		text: `
steps:
  still: {model: wavespeed-ai/flux-dev, input: {prompt: a still}, retry: {predictions: 2, wait: 10ms}, fallback: [wavespeed-ai/z-image/turbo]}
`,
		faults: []wavespeedtest.Fault{{Kind: wavespeedtest.Fails, Model: "wavespeed-ai/flux-dev"}},
	},
	"for-each": {
		text: `
steps:
  styles: {for_each: {items: [oil, ink, chalk], max_parallel: 2, tolerate: 1}, model: wavespeed-ai/flux-dev, input: {prompt: "${{ item }}"}}
`,
		faults: []wavespeedtest.Fault{{Kind: wavespeedtest.Fails, Code: 1200, Input: "ink"}},
	},
	"for-each-children": {
		text: `
inputs: {rows: array}
steps:
  shots: {for_each: {items: "${{ inputs.rows }}", key: item.sku, max_parallel: 20}, model: wavespeed-ai/flux-dev, input: {prompt: "${{ item.title }}"}}
`,
		inputs: map[string]any{"rows": rows(51)},
	},
	"too-many-failed": {
		text: `
steps:
  styles: {for_each: {items: [oil, ink], max_parallel: 1}, model: wavespeed-ai/flux-dev, input: {prompt: "${{ item }}"}}
`,
		faults: []wavespeedtest.Fault{{Kind: wavespeedtest.Fails, Code: 1200}},
	},
	"budget": {
		text: "budget: 0.25\n" + chain,
		steer: func(p *pipelines, run client.WorkflowRun) {
			p.awaitState(run, pipeline.StateHeld)
			require.NoError(p.t, p.update(run, wire.RunBudgetUpdate, 1.0))
		},
	},
	"approval": {
		text: reviewed,
		steer: func(p *pipelines, run client.WorkflowRun) {
			p.awaitState(run, pipeline.StateApproval)
			require.NoError(p.t, p.decide(run, generation.Decision{Verdict: "regenerate", By: "art", Input: map[string]any{"prompt": "in blue"}}))
			stack.Eventually(p.t, "it is not asked again", func() bool {
				status, ok := p.status(run)
				return ok && status.State == pipeline.StateApproval && len(p.Simulator.Ledger()) == 4
			})
			require.NoError(p.t, p.decide(run, generation.Decision{Verdict: "approve", By: "art"}))
			require.NoError(p.t, p.decide(run, generation.Decision{Verdict: "approve", By: "legal"}))
		},
	},
	"approval-again": {
		text:   reviewed,
		faults: []wavespeedtest.Fault{{Kind: wavespeedtest.Fails, Input: "in red"}},
		steer: func(p *pipelines, run client.WorkflowRun) {
			p.awaitState(run, pipeline.StateApproval)
			require.NoError(p.t, p.decide(run, generation.Decision{Verdict: "regenerate", By: "art", Input: map[string]any{"prompt": "in red"}}))
			stack.Eventually(p.t, "it is not asked again, though the regeneration failed", func() bool {
				status, ok := p.status(run)
				return ok && len(status.Approvals) == 1 && status.Approvals[0].Note != ""
			})
			require.NoError(p.t, p.decide(run, generation.Decision{Verdict: "approve", By: "art"}))
			require.NoError(p.t, p.decide(run, generation.Decision{Verdict: "approve", By: "legal"}))
			require.Equal(p.t, pipeline.StateCompleted, p.result(run).Steps[0].State)
		},
	},
	"approval-deadline": {
		text: `
steps:
  styles: {for_each: [oil, ink], model: wavespeed-ai/flux-dev, input: {prompt: "${{ item }}"}}
  pick: {approve: {choose: "${{ steps.styles.outputs }}", timeout: 1s, on_timeout: approve}}
  larger: {model: wavespeed-ai/image-upscaler, input: {image: "${{ steps.pick.output }}"}}
`,
	},
	"chunks-by-bytes": {
		text: shots, inputs: map[string]any{"rows": longRows(60, 20_000)},
		check: func(t *testing.T, result pipeline.Result, _ *historypb.History) {
			require.Greater(t, result.Steps[0].Children, 1)
		},
	},
	"child-full": {
		text: `
inputs: {rows: array}
steps:
  shots: {for_each: {items: "${{ inputs.rows }}", max_parallel: 20}, model: example/writer, input: {prompt: "${{ item.title }}"}}
`,
		writer: true, inputs: map[string]any{"rows": rows(60)},
		check: func(t *testing.T, result pipeline.Result, _ *historypb.History) {
			require.Greater(t, result.Steps[0].Children, 1)
		},
	},
	"room": {
		text: `
inputs: {picture: string}
steps:
  styles: {for_each: [a, b, c, d, e], model: wavespeed-ai/flux-dev, input: {prompt: "${{ item }}${{ inputs.picture }}"}}
`,
		inputs: map[string]any{"picture": strings.Repeat("x", 900_000)},
		check:  waited,
	},
	"room-for-children": {
		text: `
inputs: {rows: array, picture: string}
steps:
  shots:
    for_each: {items: "${{ inputs.rows }}", max_parallel: 300}
    model: wavespeed-ai/flux-dev
    input: {prompt: '${{ item.title + string(len(inputs.picture)) }}'}
`,
		inputs: map[string]any{"rows": rows(760), "picture": strings.Repeat("x", 700_000)},
		check:  waited,
	},
	"budget-children": {
		text: "budget: 0.5\n" + strings.TrimPrefix(shots, "\n"), inputs: map[string]any{"rows": rows(60)},
		steer: func(p *pipelines, run client.WorkflowRun) {
			p.awaitState(run, pipeline.StateHeld)
			require.NoError(p.t, p.update(run, wire.RunBudgetUpdate, 100))
		},
		check: func(t *testing.T, result pipeline.Result, _ *historypb.History) {
			require.Greater(t, result.Steps[0].Children, 1)
		},
	},
	"search-attributes": {
		text: "budget: 0.01\n" + strings.TrimPrefix(reviewed, "\n"), attributes: true,
		steer: func(p *pipelines, run client.WorkflowRun) {
			p.awaitState(run, pipeline.StateHeld)
			require.NoError(p.t, p.update(run, wire.RunBudgetUpdate, 10))
			p.awaitState(run, pipeline.StateApproval)
			require.NoError(p.t, p.decide(run, generation.Decision{Verdict: "approve", By: "art"}))
			require.NoError(p.t, p.decide(run, generation.Decision{Verdict: "approve", By: "legal"}))
		},
	},
	"items-again": {
		text: `
inputs: {rows: array}
steps:
  shots: {for_each: {items: "${{ inputs.rows }}", max_parallel: 20}, model: wavespeed-ai/flux-dev, input: {prompt: "${{ item.title }}"}}
  pick: {approve: {choose: "${{ steps.shots.outputs }}"}}
`,
		inputs: map[string]any{"rows": rows(51)},
		steer: func(p *pipelines, run client.WorkflowRun) {
			p.awaitState(run, pipeline.StateApproval)
			require.NoError(p.t, p.decide(run, generation.Decision{Verdict: "regenerate", Items: []int{3, 50}, Input: map[string]any{"prompt": "in blue"}}))
			stack.Eventually(p.t, "it is not asked again", func() bool {
				status, ok := p.status(run)
				return ok && status.State == pipeline.StateApproval && len(p.Simulator.Ledger()) == 53
			})
			require.NoError(p.t, p.decide(run, generation.Decision{Verdict: "approve", Choice: new(int)}))
		},
	},
	"paused": {
		text: inline, inputs: map[string]any{"rows": rows(12)}, faults: []wavespeedtest.Fault{{Kind: wavespeedtest.SubmitLimited, Input: "product 1", Times: 2}},
		steer: pausedForAWhile,
	},
	"paused-children": {
		text: shots, inputs: map[string]any{"rows": rows(60)}, faults: []wavespeedtest.Fault{{Kind: wavespeedtest.SubmitLimited, Input: "product 1", Times: 3}},
		steer: pausedForAWhile,
	},
	"unpaid": {
		text: chain, faults: []wavespeedtest.Fault{{Kind: wavespeedtest.SubmitError, Status: 402, Input: "a clip", Times: 1}},
		steer: toppedUp,
	},
	"unpaid-children": {
		text: shots, inputs: map[string]any{"rows": rows(60)}, faults: []wavespeedtest.Fault{{Kind: wavespeedtest.SubmitError, Status: 402, Input: "product 5"}},
		steer: toppedUp,
	},
	"refused": {text: "steps: {still: {model: wavespeed-ai/no-such, input: {prompt: x}}}"},
	"canceled": {
		text:   chain,
		faults: []wavespeedtest.Fault{{Kind: wavespeedtest.NeverEnds, Input: "a clip"}},
		steer: func(p *pipelines, run client.WorkflowRun) {
			stack.Eventually(p.t, "the clip is not submitted", func() bool { return len(p.Simulator.Ledger()) == 2 })
			require.NoError(p.t, p.Client.CancelWorkflow(p.t.Context(), run.GetID(), run.GetRunID()))
		},
	},
}

// TestPipelineHistories runs each shape for real and replays its history, and those of its
// children.
func TestPipelineHistories(t *testing.T) {
	t.Parallel()
	for name, shape := range pipelineShapes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPipelines(t, shape.faults...)
			if shape.writer {
				p = texts(t, 20_000)
			}
			if shape.attributes {
				p.addSearchAttributes()
			}
			run := p.Start(t, pipeline.WorkflowName, pipeline.Request{Pipeline: parse(t, shape.text), Inputs: shape.inputs, SearchAttributes: shape.attributes})
			if shape.steer != nil {
				shape.steer(p, run)
			}
			result, _ := p.wait(run) // failed is a shape too
			if shape.check != nil {
				shape.check(t, result, historyOf(t, p.Client, run))
			}
			p.keep(name, run)
			if from := map[string]string{"chain": "film", "for-each-children": "shots"}[name]; from != "" {
				again := p.restart(run, pipeline.Request{Pipeline: parse(t, shape.text), Inputs: shape.inputs, Resume: &pipeline.Resume{From: from}})
				p.result(again)
				p.keep(name+"-resumed", again)
			}
		})
	}
}

// keep replays the history of a run and of its children, and records that of the run and of
// its first child if asked to.
func (p *pipelines) keep(name string, run client.WorkflowRun) {
	p.t.Helper()
	history := historyOf(p.t, p.Client, run)
	replay(p.t, p.Embedded, history)
	if *recording && !p.kept[name] {
		recordPipeline(p.t, pipelineHistory(name), history)
	}
	if p.kept != nil {
		p.kept[name] = true
	}
	for _, event := range history.GetEvents() {
		if started := event.GetChildWorkflowExecutionStartedEventAttributes(); event.GetEventType() == enumspb.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED {
			execution := started.GetWorkflowExecution()
			p.keep(name+"-child", p.Client.GetWorkflow(p.t.Context(), execution.GetWorkflowId(), execution.GetRunId()))
		}
	}
}

func pipelineHistoriesDir() string {
	return filepath.Join(stack.Root(), "internal", "engine", "testdata", "histories")
}

func pipelineHistory(name string) string {
	return filepath.Join(pipelineHistoriesDir(), name+".json.gz")
}

// recordPipeline compresses, since the history of a child is long.
func recordPipeline(t *testing.T, path string, history *historypb.History) {
	t.Helper()
	require.NoError(t, os.MkdirAll(pipelineHistoriesDir(), 0o755))
	encoded, err := temporalproto.CustomJSONMarshalOptions{}.Marshal(history)
	require.NoError(t, err)
	host, err := os.Hostname()
	require.NoError(t, err)
	var compressed bytes.Buffer
	writer := gzip.NewWriter(&compressed)
	writer.ModTime = time.Time{}
	_, err = writer.Write(bytes.ReplaceAll(encoded, []byte(host), []byte("worker")))
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	require.NoError(t, os.WriteFile(path, compressed.Bytes(), 0o644))
}

// recordedPipelineHistories are what earlier versions have recorded, by name.
func recordedPipelineHistories(t *testing.T) map[string]*historypb.History {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(pipelineHistoriesDir(), "*.json.gz"))
	require.NoError(t, err)
	histories := make(map[string]*historypb.History)
	for _, path := range files {
		f, err := os.Open(path)
		require.NoError(t, err)
		decompressed, err := gzip.NewReader(f)
		require.NoError(t, err)
		history, err := client.HistoryFromJSON(decompressed, client.HistoryJSONOptions{})
		require.NoError(t, err)
		require.NoError(t, f.Close())
		histories[strings.TrimSuffix(filepath.Base(path), ".json.gz")] = history
	}
	return histories
}

// TestRecordedPipelineHistories replays what earlier versions have recorded.
func TestRecordedPipelineHistories(t *testing.T) {
	t.Parallel()
	histories := recordedPipelineHistories(t)
	for name, history := range histories {
		require.NoError(t, replayOnce(replayer(t), history), name)
	}
	for name := range pipelineShapes {
		require.Contains(t, histories, name)
	}
	for _, name := range []string{"chain-resumed", "for-each-children-resumed", "for-each-children-child", "child-full-child"} {
		require.Contains(t, histories, name)
	}
}
