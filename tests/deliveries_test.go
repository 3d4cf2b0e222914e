package tests

import (
	"net/http"
	"path"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	sdkworker "go.temporal.io/sdk/worker"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// held are webhooks that are not sent before the gate is opened.
type held struct{ gate chan struct{} }

func (h held) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case <-h.gate:
		return http.DefaultTransport.RoundTrip(r)
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

const twins = `
steps:
  left: {model: wavespeed-ai/flux-dev, input: {prompt: the same}}
  right: {model: wavespeed-ai/flux-dev, input: {prompt: the same}}
`

// TestWebhooksBetweenTwoRuns: the answers were lost, and the webhooks come while no run is
// open and no worker works. The next run reads which prediction is whose: nothing else tells,
// since both ask for the same, lists show no inputs, and others use the key.
func TestWebhooksBetweenTwoRuns(t *testing.T) {
	t.Parallel()
	gate := make(chan struct{})
	p := &pipelines{t: t, Embedded: stack.NewEmbedded(t, wavespeedtest.Options{
		Transport: held{gate}, Faults: []wavespeedtest.Fault{{Kind: wavespeedtest.AcceptedReset}},
	})}
	first := p.StartWorker(t, sdkworker.Options{}, nil)
	run := p.start(twins, nil)
	stack.Eventually(t, "not both submits are unknown", func() bool {
		statuses := p.generations(run)
		return len(statuses) == 2 && statuses[0].State == generation.StateUnknown && statuses[1].State == generation.StateUnknown
	})
	p.Simulator.MakeOther(wavespeedtest.DefaultAccount)
	require.NoError(t, p.Client.TerminateWorkflow(t.Context(), run.GetID(), run.GetRunID(), "test"))
	first.Stop()
	close(gate)
	ours := func() (entries []wavespeedtest.Entry) {
		for _, entry := range p.Simulator.Ledger() {
			if !entry.Other {
				entries = append(entries, entry)
			}
		}
		return entries
	}
	stack.Eventually(t, "the webhooks are not taken", func() bool {
		entries := ours()
		return len(entries) == 2 && arrived(entries[0]) && arrived(entries[1])
	})

	p.StartWorker(t, sdkworker.Options{}, nil)
	began := time.Now()
	next := p.restart(run, pipeline.Request{Pipeline: parse(t, twins)})
	p.result(next)
	require.Less(t, time.Since(began), time.Minute, "the search did not wait for the list")
	require.Len(t, ours(), 2, "nothing is paid twice")
	made := make(map[string]string)
	for _, status := range p.generations(next) {
		made[status.Key] = status.PredictionID()
	}
	keyring := p.Keyring(t)
	for _, entry := range ours() {
		target, err := keyring.Open(t.Context(), path.Base(entry.WebhookURL))
		require.NoError(t, err)
		require.Equal(t, entry.PredictionID, made[target.Key], "each has its own")
	}
}

func arrived(entry wavespeedtest.Entry) bool {
	for _, delivery := range entry.Deliveries {
		if delivery.StatusCode == http.StatusOK {
			return true
		}
	}
	return false
}
