package tests

import (
	"bytes"
	"compress/gzip"
	"io"
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
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// pipelineShapes are the ways that runs can go, each kind of step among them, as
// histories that are kept.
var pipelineShapes = map[string]struct {
	text   string
	faults []wavespeedtest.Fault
	inputs map[string]any
	steer  func(p *pipelines, run client.WorkflowRun)
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
			p.awaitState(run, pipeline.RunHeld)
			require.NoError(p.t, p.update(run, pipeline.BudgetUpdate, 1.0))
		},
	},
	"approval": {
		text: reviewed,
		steer: func(p *pipelines, run client.WorkflowRun) {
			p.awaitState(run, pipeline.RunApproval)
			require.NoError(p.t, p.decide(run, generation.Decision{Verdict: "regenerate", By: "art", Input: map[string]any{"prompt": "in blue"}}))
			stack.Eventually(p.t, "it is not asked again", func() bool {
				status, ok := p.status(run)
				return ok && status.State == pipeline.RunApproval && len(p.Simulator.Ledger()) == 4
			})
			require.NoError(p.t, p.decide(run, generation.Decision{Verdict: "approve", By: "art"}))
			require.NoError(p.t, p.decide(run, generation.Decision{Verdict: "approve", By: "legal"}))
		},
	},
	"approval-again": {
		text:   reviewed,
		faults: []wavespeedtest.Fault{{Kind: wavespeedtest.Fails, Input: "in red"}},
		steer: func(p *pipelines, run client.WorkflowRun) {
			p.awaitState(run, pipeline.RunApproval)
			require.NoError(p.t, p.decide(run, generation.Decision{Verdict: "regenerate", By: "art", Input: map[string]any{"prompt": "in red"}}))
			stack.Eventually(p.t, "it is not asked again, though what was made again failed", func() bool {
				status, ok := p.status(run)
				return ok && len(status.Approvals) == 1 && status.Approvals[0].Note != ""
			})
			require.NoError(p.t, p.decide(run, generation.Decision{Verdict: "approve", By: "art"}))
			require.NoError(p.t, p.decide(run, generation.Decision{Verdict: "approve", By: "legal"}))
			require.Equal(p.t, pipeline.StepCompleted, p.result(run).Steps[0].State)
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
			run := p.start(shape.text, shape.inputs)
			if shape.steer != nil {
				shape.steer(p, run)
			}
			_, _ = p.wait(run) // failed is a shape too
			p.keep(name, run)
			if name != "chain" {
				return
			}
			again := p.restart(run, pipeline.Request{Pipeline: parse(t, shape.text), Resume: &pipeline.Resume{From: "film"}})
			p.result(again)
			p.keep("resumed", again)
		})
	}
}

// keep replays the history of a run and of its children, and records them if asked to.
func (p *pipelines) keep(name string, run client.WorkflowRun) {
	p.t.Helper()
	history := historyOf(p.t, p.Client, run)
	replay(p.t, p.Embedded, history)
	if *record {
		recordPipeline(p.t, name, history)
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

// recordPipeline compresses, since the history of a child is long.
func recordPipeline(t *testing.T, name string, history *historypb.History) {
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
	require.NoError(t, os.WriteFile(filepath.Join(pipelineHistoriesDir(), name+".json.gz"), compressed.Bytes(), 0o644))
}

// TestRecordedPipelineHistories replays what earlier versions have recorded.
func TestRecordedPipelineHistories(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(pipelineHistoriesDir(), "*.json.gz"))
	require.NoError(t, err)
	var names []string
	for _, path := range files {
		f, err := os.Open(path)
		require.NoError(t, err)
		decompressed, err := gzip.NewReader(f)
		require.NoError(t, err)
		history, err := client.HistoryFromJSON(decompressed, client.HistoryJSONOptions{})
		require.NoError(t, err)
		_, _ = io.Copy(io.Discard, decompressed)
		require.NoError(t, f.Close())
		require.NoError(t, replayer(t).ReplayWorkflowHistory(nil, history), path)
		names = append(names, strings.TrimSuffix(filepath.Base(path), ".json.gz"))
	}
	for name := range pipelineShapes {
		require.Contains(t, names, name)
	}
	require.Contains(t, names, "resumed")
	require.Contains(t, names, "for-each-children-child")
}
