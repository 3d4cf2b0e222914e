package tests

import (
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	sdkworker "go.temporal.io/sdk/worker"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
)

// unencoded encodes everything but a submit's result, as a codec does whose key server has
// just gone down.
type unencoded struct {
	converter.DataConverter
	once   sync.Once
	failed chan struct{}
}

func (u *unencoded) ToPayloads(values ...any) (*commonpb.Payloads, error) {
	for _, value := range values {
		if _, is := value.(wire.Submitted); is {
			u.once.Do(func() { close(u.failed) })
			return nil, errors.New("the key server does not answer")
		}
	}
	return u.DataConverter.ToPayloads(values...)
}

// startUnencodedWorker starts a worker that can encode no submit's result. failed is closed after
// the first.
func startUnencodedWorker(t *testing.T, e *stack.Embedded) (failed <-chan struct{}, worker sdkworker.Worker) {
	t.Helper()
	broken := &unencoded{DataConverter: converter.GetDefaultDataConverter(), failed: make(chan struct{})}
	c, err := client.NewClientFromExistingWithContext(t.Context(), e.Client, client.Options{DataConverter: broken})
	require.NoError(t, err)
	with := *e
	with.Client = c
	return broken.failed, with.StartWorker(t, sdkworker.Options{}, nil)
}

// TestResultThatCannotBeEncoded: Temporal gives the submit to another worker, which must not
// send it again.
func TestResultThatCannotBeEncoded(t *testing.T) {
	t.Parallel()
	e := stack.NewEmbedded(t, wavespeedtest.Options{})
	failed, worker := startUnencodedWorker(t, e)
	run := e.Start(t, generation.WorkflowName, generation.Request{Key: "still", Model: "wavespeed-ai/flux-dev", Input: map[string]any{"prompt": "x"}})
	<-failed
	worker.Stop()
	e.StartWorker(t, sdkworker.Options{}, nil)
	var result generation.Result
	require.NoError(t, run.Get(t.Context(), &result))
	ledger := e.Simulator.Ledger()
	require.Len(t, ledger, 1)
	require.Equal(t, ledger[0].PredictionID, result.PredictionID)
}

// TestCanceledWhileTheResultCannotBeEncoded: the run is canceled while Temporal waits before it
// gives the submit to a worker again. A canceled activity does not tell how its last attempt
// ended, so the re-run has to look for a prediction.
func TestCanceledWhileTheResultCannotBeEncoded(t *testing.T) {
	t.Parallel()
	e := stack.NewEmbedded(t, wavespeedtest.Options{})
	p := &pipelines{Embedded: e, t: t, kept: make(map[string]bool)}
	failed, worker := startUnencodedWorker(t, e)
	const text = "steps: {still: {model: wavespeed-ai/flux-dev, input: {prompt: x}}}"
	run := p.start(text, nil)
	<-failed
	require.NoError(t, p.Client.CancelWorkflow(t.Context(), run.GetID(), run.GetRunID()))
	_, err := p.wait(run)
	var canceled *temporal.CanceledError
	require.ErrorAs(t, err, &canceled)
	worker.Stop()
	p.StartWorker(t, sdkworker.Options{}, nil)
	p.result(p.restart(run, pipeline.Request{Pipeline: parse(t, text)}))
	require.Len(t, p.Simulator.Ledger(), 1)
}
