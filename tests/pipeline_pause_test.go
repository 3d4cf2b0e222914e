package tests

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	sdkworker "go.temporal.io/sdk/worker"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/limits"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// inline is a list that the run itself processes.
const inline = `
inputs: {rows: array}
steps:
  shots:
    for_each: {items: "${{ inputs.rows }}", key: item.sku, max_parallel: 10}
    model: wavespeed-ai/flux-dev
    input: {prompt: "${{ item.title }}"}
`

// open is the run as programs see it.
func (p *pipelines) open(run client.WorkflowRun) *pipeline.Run {
	return pipeline.Open(p.Client, run.GetID(), run.GetRunID())
}

// pause pauses a run, and returns what has been paid for once that changes no more.
func (p *pipelines) pause(run client.WorkflowRun) int {
	p.t.Helper()
	status, err := p.open(run).Pause(p.t.Context())
	require.NoError(p.t, err)
	require.Equal(p.t, pipeline.StatePaused, status.State)
	time.Sleep(time.Second)
	return len(p.Simulator.Ledger())
}

func (p *pipelines) resume(run client.WorkflowRun) {
	p.t.Helper()
	status, err := p.open(run).Resume(p.t.Context())
	require.NoError(p.t, err)
	require.NotEqual(p.t, pipeline.StatePaused, status.State)
	require.Zero(p.t, status.Paused)
}

// TestPipelineIsPaused: a second later nothing new is submitted, and what runs is collected.
// Another worker, which has to replay the run and its children, continues it.
func TestPipelineIsPaused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text string
		n    int
	}{"in the run": {inline, 40}, "in children": {shots, 300}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := stack.NewEmbedded(t, wavespeedtest.Options{Duration: 500 * time.Millisecond})
			p := &pipelines{Embedded: e, t: t, kept: make(map[string]bool)}
			older := e.StartWorker(t, sdkworker.Options{}, nil)
			run := p.start(test.text, map[string]any{"rows": rows(test.n)})
			stack.Eventually(t, "nothing is submitted", func() bool { return len(p.Simulator.Ledger()) > 5 })
			paid := p.pause(run)
			require.Less(t, paid, test.n)
			stack.Eventually(t, "what runs is not collected", func() bool { return p.collected(run) == paid })
			status, ok := p.status(run)
			require.True(t, ok)
			require.Equal(t, pipeline.StatePaused, status.Steps[0].State)
			older.Stop()
			e.StartWorker(t, sdkworker.Options{}, nil)
			time.Sleep(2 * time.Second)
			require.Len(t, p.Simulator.Ledger(), paid)
			p.resume(run)
			require.Equal(t, test.n, p.result(run).Steps[0].Items.Completed)
			p.requirePaidOnce(test.n)
			p.keep("", run)
		})
	}
}

// collected counts the generations of a run and of its children that have a result.
func (p *pipelines) collected(run client.WorkflowRun) (n int) {
	for _, of := range append(p.children(run), run) {
		for _, status := range p.generations(of) {
			if status.State == generation.StateCompleted {
				n++
			}
		}
	}
	return n
}

// TestPipelineIsPausedWhileRefused: submits that wait to be retried are stopped too.
func TestPipelineIsPausedWhileRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text string
		n    int
	}{"in the run": {inline, 10}, "in children": {shots, 60}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPipelines(t, wavespeedtest.Fault{Kind: wavespeedtest.SubmitLimited})
			run := p.start(test.text, map[string]any{"rows": rows(test.n)})
			stack.Eventually(t, "nothing is refused", func() bool { return p.Simulator.Counts().Refused[429] > 20 })
			p.pause(run)
			refused := p.Simulator.Counts().Refused[429]
			p.Simulator.Heal()
			stack.Eventually(t, "not all say that they are paused", func() bool {
				paused := 0
				for _, of := range append(p.children(run), run) {
					for _, status := range p.generations(of) {
						if status.State == generation.StatePaused {
							paused++
						}
					}
				}
				return paused == min(test.n, 10+20*len(p.children(run)))
			})
			require.Equal(t, refused, p.Simulator.Counts().Refused[429])
			require.Empty(t, p.Simulator.Ledger())
			p.resume(run)
			require.Equal(t, test.n, p.result(run).Steps[0].Items.Completed)
			p.requirePaidOnce(test.n)
			p.keep("", run)
		})
	}
}

// TestPipelineIsPausedWhileSubmitsAreSent: they end as they would have. The answer of some is
// lost; they are searched for while the run is paused, and not paid twice.
func TestPipelineIsPausedWhileSubmitsAreSent(t *testing.T) {
	t.Parallel()
	p := newPipelines(t, wavespeedtest.Fault{Kind: wavespeedtest.AcceptedReset, Probability: 0.2}, wavespeedtest.Fault{Kind: wavespeedtest.AcceptedSlow})
	run := p.start(inline, map[string]any{"rows": rows(20)})
	stack.Eventually(t, "nothing is submitted", func() bool { return len(p.Simulator.Ledger()) > 3 })
	paid := p.pause(run)
	stack.Eventually(t, "what was being sent is not collected", func() bool { return p.collected(run) == paid })
	require.Len(t, p.Simulator.Ledger(), paid)
	p.resume(run)
	require.Equal(t, 20, p.result(run).Steps[0].Items.Completed)
	p.requirePaidOnce(20)
	p.keep("", run)
}

// TestPipelineIsPausedWhileSubmitsWaitForAWorker: those that the workers have not had time for
// are not sent.
func TestPipelineIsPausedWhileSubmitsWaitForAWorker(t *testing.T) {
	t.Parallel()
	e := stack.NewEmbedded(t, wavespeedtest.Options{Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.AcceptedSlow, Delay: 800 * time.Millisecond}}})
	p := &pipelines{Embedded: e, t: t, kept: make(map[string]bool)}
	e.StartWorker(t, sdkworker.Options{MaxConcurrentActivityExecutionSize: 1}, nil)
	run := p.start(inline, map[string]any{"rows": rows(10)})
	stack.Eventually(t, "nothing is submitted", func() bool { return len(p.Simulator.Ledger()) > 0 })
	p.pause(run)
	time.Sleep(3 * time.Second)
	require.Less(t, len(p.Simulator.Ledger()), 4, "one a second could have been sent")
	p.resume(run)
	require.Equal(t, 10, p.result(run).Steps[0].Items.Completed)
	p.requirePaidOnce(10)
	p.keep("", run)
}

// TestPipelineIsPausedWhileResultsCannotBeEncoded: what was accepted is not submitted again, though
// no worker could tell Temporal.
func TestPipelineIsPausedWhileResultsCannotBeEncoded(t *testing.T) {
	t.Parallel()
	e := stack.NewEmbedded(t, wavespeedtest.Options{})
	p := &pipelines{Embedded: e, t: t, kept: make(map[string]bool)}
	_, worker := startUnencodedWorker(t, e)
	run := p.start(inline, map[string]any{"rows": rows(20)})
	stack.Eventually(t, "nothing is submitted", func() bool { return len(p.Simulator.Ledger()) == 10 })
	p.pause(run)
	worker.Stop()
	e.StartWorker(t, sdkworker.Options{}, nil)
	time.Sleep(2 * time.Second)
	require.Len(t, p.Simulator.Ledger(), 10)
	p.resume(run)
	require.Equal(t, 20, p.result(run).Steps[0].Items.Completed)
	p.requirePaidOnce(20)
}

// TestPipelineIsPausedAllTheTime, while children start and end, submits are refused, and
// answers get lost.
func TestPipelineIsPausedAllTheTime(t *testing.T) {
	t.Parallel()
	p := newPipelines(t, wavespeedtest.Fault{Kind: wavespeedtest.SubmitLimited, Probability: 0.2}, wavespeedtest.Fault{Kind: wavespeedtest.AcceptedReset, Probability: 0.03})
	run := p.start(shots, map[string]any{"rows": rows(600)})
	for i := range 40 {
		if _, err := p.open(run).Pause(t.Context()); err != nil {
			break // it has ended
		}
		time.Sleep(time.Duration(i%7) * 10 * time.Millisecond)
		if _, err := p.open(run).Resume(t.Context()); err != nil {
			break
		}
		time.Sleep(time.Duration(i%5) * 50 * time.Millisecond)
	}
	require.Equal(t, 600, p.result(run).Steps[0].Items.Completed)
	p.requirePaidOnce(600)
	p.keep("", run)
}

// TestPipelineIsPausedBeforeItStarts: there is no worker yet.
func TestPipelineIsPausedBeforeItStarts(t *testing.T) {
	t.Parallel()
	e := stack.NewEmbedded(t, wavespeedtest.Options{})
	p := &pipelines{Embedded: e, t: t, kept: make(map[string]bool)}
	p.addSearchAttributes()
	run := p.Start(t, pipeline.WorkflowName, pipeline.Request{Pipeline: parse(t, shots), Inputs: map[string]any{"rows": rows(60)}, SearchAttributes: true})
	paused := make(chan error, 1)
	go func() {
		_, err := p.open(run).Pause(t.Context())
		paused <- err
	}()
	time.Sleep(200 * time.Millisecond) // it waits for a worker
	e.StartWorker(t, sdkworker.Options{}, nil)
	require.NoError(t, <-paused)
	p.awaitAttribute(run, "WavespeedState", `"paused"`)
	p.awaitAttribute(run, "WavespeedModels", `["wavespeed-ai/flux-dev"]`)
	time.Sleep(time.Second)
	require.Empty(t, p.Simulator.Ledger())
	require.Empty(t, p.children(run), "none is needed yet")
	p.resume(run)
	p.awaitAttribute(run, "WavespeedState", `"completed"`)
	p.requirePaidOnce(60)
	p.keep("", run)
}

// TestPausedPipelineEnds by a cancellation or a termination, and the next run continues it.
func TestPausedPipelineEnds(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(p *pipelines, run client.WorkflowRun) error{
		"canceled": func(p *pipelines, run client.WorkflowRun) error { return p.open(run).Cancel(p.t.Context()) },
		"terminated": func(p *pipelines, run client.WorkflowRun) error {
			return p.Client.TerminateWorkflow(p.t.Context(), run.GetID(), run.GetRunID(), "test")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPipelinesWith(t, wavespeedtest.Options{Duration: 300 * time.Millisecond})
			run := p.start(shots, map[string]any{"rows": rows(200)})
			stack.Eventually(t, "nothing is submitted", func() bool { return len(p.Simulator.Ledger()) > 5 })
			p.pause(run)
			require.NoError(t, end(p, run))
			_, err := p.wait(run)
			var canceled *temporal.CanceledError
			var terminated *temporal.TerminatedError
			require.True(t, errors.As(err, &canceled) || errors.As(err, &terminated), err)
			again := p.restart(run, pipeline.Request{Pipeline: parse(t, shots), Inputs: map[string]any{"rows": rows(200)}})
			require.Equal(t, 200, p.result(again).Steps[0].Items.Completed)
			p.requirePaidOnce(200)
			_, err = p.open(run).Pause(t.Context())
			require.Error(t, err, "it has ended")
		})
	}
}

// TestPausedPipelineLeavesTheLimits of its account to others: it holds no slot, and waits for
// none.
func TestPausedPipelineLeavesTheLimits(t *testing.T) {
	t.Parallel()
	l := newLimited(t, limits.Limits{Running: 2}, wavespeedtest.Limits{Concurrent: 2}, 300*time.Millisecond)
	l.worker(t)
	p := &pipelines{Embedded: l.Embedded, t: t, kept: make(map[string]bool)}
	text := "account: " + l.account + inline
	run := p.start(text, map[string]any{"rows": rows(20)})
	stack.Eventually(t, "nothing is submitted", func() bool { return len(p.Simulator.Ledger()) > 2 })
	paid := p.pause(run)
	require.Less(t, paid, 20)
	stack.Eventually(t, "what runs is not collected", func() bool { return p.collected(run) == paid })
	l.free(t)
	require.Equal(t, 6, p.result(p.start("account: "+l.account+strings.ReplaceAll(inline, "item.title", "'other ' + item.title"), map[string]any{"rows": rows(6)})).Steps[0].Items.Completed)
	require.Len(t, p.Simulator.Ledger(), paid+6)
	p.resume(run)
	require.Equal(t, 20, p.result(run).Steps[0].Items.Completed)
	p.requirePaidOnce(26)
	require.Zero(t, l.refused())
	p.keep("", run)
	l.free(t)
}
