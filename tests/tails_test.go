package tests

import (
	"path"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// TestWebhooksThatNoWorkerSaw: the answers were lost, and the webhooks come while no worker works,
// before the run is terminated. They are in the histories of the run and its children, and a query
// does not tell of them. The next run reads them there: nothing else tells which prediction is
// whose.
func TestWebhooksThatNoWorkerSaw(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text   string
		inputs map[string]any
		lost   int
	}{
		"by the run":   {twins, nil, 2},
		"by its child": {shots, map[string]any{"rows": rows(60)}, 30},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gate := make(chan struct{})
			p := &pipelines{t: t, Embedded: stack.NewEmbedded(t, wavespeedtest.Options{
				Transport: held{gate}, Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.AcceptedReset, Times: c.lost}},
			})}
			first := p.StartWorker(t, sdkworker.Options{}, nil)
			run := p.start(c.text, c.inputs)
			stack.Eventually(t, "not all submits are unknown", func() bool { return p.unknown(run) == c.lost })
			first.Stop()
			p.Simulator.MakeOther(wavespeedtest.DefaultAccount)
			close(gate)
			stack.Eventually(t, "the webhooks are not taken", func() bool {
				taken := 0
				for _, entry := range p.Simulator.Ledger() {
					if arrived(entry) {
						taken++
					}
				}
				return taken == c.lost
			})
			require.NoError(t, p.Client.TerminateWorkflow(t.Context(), run.GetID(), run.GetRunID(), "test"))
			lost := p.Simulator.Ledger()[:c.lost]

			p.StartWorker(t, sdkworker.Options{}, nil)
			next := p.restart(run, pipeline.Request{Pipeline: parse(t, c.text), Inputs: c.inputs})
			p.result(next)
			p.requireOwn(next, lost)
		})
	}
}

// TestResultThatNoWorkerSaw: the provider has answered, and the run is terminated before a worker
// has taken note.
func TestResultThatNoWorkerSaw(t *testing.T) {
	t.Parallel()
	p := &pipelines{t: t, Embedded: stack.NewEmbedded(t, wavespeedtest.Options{
		Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.NeverEnds, Times: 1}, {Kind: wavespeedtest.AcceptedSlow, Delay: 3 * time.Second, Times: 1}},
	})}
	flows := p.StartWorker(t, sdkworker.Options{LocalActivityWorkerOnly: true}, nil)
	acts := p.StartWorker(t, sdkworker.Options{DisableWorkflowWorker: true}, nil)
	const text = "steps: {still: {model: wavespeed-ai/flux-dev, input: {prompt: x}}}"
	run := p.start(text, nil)
	stack.Eventually(t, "nothing is submitted", func() bool { return len(p.Simulator.Ledger()) == 1 })
	flows.Stop()
	p.Simulator.MakeOther(wavespeedtest.DefaultAccount)
	stack.Eventually(t, "the answer is not recorded", func() bool { return p.completions(run) == 2 })
	acts.Stop()
	require.NoError(t, p.Client.TerminateWorkflow(t.Context(), run.GetID(), run.GetRunID(), "test"))

	p.StartWorker(t, sdkworker.Options{}, nil)
	next := p.restart(run, pipeline.Request{Pipeline: parse(t, text)})
	stack.Eventually(t, "its prediction is not known", func() bool {
		statuses := p.generations(next)
		return len(statuses) == 1 && statuses[0].PredictionID() != ""
	})
	p.requireOwn(next, p.Simulator.Ledger()[:1])
	require.True(t, p.generations(next)[0].Attempts[0].Answered)
}

// unknown counts the submits of a run and its children whose answers were lost.
func (p *pipelines) unknown(run client.WorkflowRun) (n int) {
	for _, of := range append(p.children(run), run) {
		for _, status := range p.generations(of) {
			if status.State == generation.StateUnknown {
				n++
			}
		}
	}
	return n
}

// requireOwn looks whether each prediction is that of the generation which submitted it.
func (p *pipelines) requireOwn(run client.WorkflowRun, entries []wavespeedtest.Entry) {
	p.t.Helper()
	made := make(map[string]string)
	for _, of := range append(p.children(run), run) {
		for _, status := range p.generations(of) {
			made[status.Key] = status.PredictionID()
		}
	}
	keyring := p.Keyring(p.t)
	for _, entry := range entries {
		target, err := keyring.Open(p.t.Context(), path.Base(entry.WebhookURL))
		require.NoError(p.t, err)
		require.Equal(p.t, entry.PredictionID, made[target.Key], target.Key)
	}
}

// completions counts the activities that have completed.
func (p *pipelines) completions(run client.WorkflowRun) (n int) {
	for _, event := range historyOf(p.t, p.Client, run).GetEvents() {
		if event.GetActivityTaskCompletedEventAttributes() != nil {
			n++
		}
	}
	return n
}
