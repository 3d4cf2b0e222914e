package tests

import (
	"crypto/aes"
	"crypto/cipher"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/proto"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/receiver"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed"
	"github.com/wavespeed-temporal/wavespeed-temporal/wavespeed/wavespeedtest"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook/webhooktest"
)

// sealing is a user's codec, with a key that only the test knows.
type sealing struct{ aead cipher.AEAD }

func newSealing(t *testing.T) sealing {
	t.Helper()
	block, err := aes.NewCipher(make([]byte, 32))
	require.NoError(t, err)
	aead, err := cipher.NewGCMWithRandomNonce(block)
	require.NoError(t, err)
	return sealing{aead}
}

const sealedEncoding = "binary/sealed"

func (s sealing) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	encoded := make([]*commonpb.Payload, len(payloads))
	for i, payload := range payloads {
		plain, err := proto.Marshal(payload)
		if err != nil {
			return nil, err
		}
		encoded[i] = &commonpb.Payload{
			Metadata: map[string][]byte{converter.MetadataEncoding: []byte(sealedEncoding)},
			Data:     s.aead.Seal(nil, nil, plain, nil),
		}
	}
	return encoded, nil
}

func (s sealing) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	decoded := make([]*commonpb.Payload, len(payloads))
	for i, payload := range payloads {
		if string(payload.GetMetadata()[converter.MetadataEncoding]) != sealedEncoding {
			decoded[i] = payload
			continue
		}
		plain, err := s.aead.Open(nil, nil, payload.GetData(), nil)
		if err != nil {
			return nil, err
		}
		decoded[i] = &commonpb.Payload{}
		if err := proto.Unmarshal(plain, decoded[i]); err != nil {
			return nil, err
		}
	}
	return decoded, nil
}

// encrypted is a system whose worker and handler speak to the user's codec, and a client
// that has it.
type encrypted struct {
	*stack.System
	client client.Client
	down   atomic.Pointer[string] // calls of the codec server with this ending are answered 503
}

func newEncrypted(t *testing.T, faults ...wavespeedtest.Fault) *encrypted {
	t.Helper()
	codec, e := newSealing(t), new(encrypted)
	serve := converter.NewPayloadCodecHTTPHandler(codec)
	remote := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if down := e.down.Load(); down != nil && strings.HasSuffix(r.URL.Path, *down) {
			http.Error(w, "starting", http.StatusServiceUnavailable)
			return
		}
		serve.ServeHTTP(w, r)
	}))
	t.Cleanup(remote.Close)
	s := stack.Start(t, stack.Options{Env: []string{"TEMPORAL_CODEC_ENDPOINT=" + remote.URL}, Simulator: wavespeedtest.Options{Faults: faults}})
	encoding := converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), codec)
	c, err := client.NewLazyClient(client.Options{
		HostPort:      s.Temporal.Address,
		DataConverter: encoding,
		FailureConverter: temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
			DataConverter: encoding, EncodeCommonAttributes: true,
		}),
	})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	e.System, e.client = s, c
	return e
}

func (e *encrypted) start(t *testing.T, workflow string, arg any) client.WorkflowRun {
	t.Helper()
	run, err := e.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "codec-" + uuid.NewString(), TaskQueue: e.TaskQueue}, workflow, arg)
	require.NoError(t, err)
	return run
}

// kept is what Temporal keeps of a workflow and tells to those without the codec: its
// history, payloads undecoded, and its description.
func (e *encrypted) kept(t *testing.T, id string) string {
	t.Helper()
	described, err := e.Client.DescribeWorkflow(t.Context(), id, "")
	require.NoError(t, err)
	kept := described.RawResponse.String()
	for _, event := range historyOf(t, e.Client, e.Client.GetWorkflow(t.Context(), id, "")).GetEvents() {
		kept += "\n" + event.String()
		if signaled := event.GetWorkflowExecutionSignaledEventAttributes(); signaled != nil {
			require.Equal(t, sealedEncoding, string(signaled.GetInput().GetPayloads()[0].GetMetadata()[converter.MetadataEncoding]))
		}
	}
	return kept
}

// requireSealed looks for prompts, predictions, outputs, nonces and more in workflows.
func (e *encrypted) requireSealed(t *testing.T, ids []string, more ...string) {
	t.Helper()
	keyring, err := receiver.NewKeyring(map[string]webhook.Account{"default": {Secrets: []string{wavespeedtest.DefaultSecret}}}, wavespeed.Webhooks())
	require.NoError(t, err)
	more = append(more, "nobody may see", "https://")
	for _, entry := range e.Simulator.Ledger() {
		more = append(more, entry.PredictionID)
		target, err := keyring.Open(t.Context(), entry.WebhookURL[strings.LastIndexByte(entry.WebhookURL, '/')+1:])
		require.NoError(t, err)
		more = append(more, target.Nonce)
	}
	for _, id := range ids {
		kept := e.kept(t, id)
		for _, secret := range more {
			require.NotContains(t, kept, secret, "in clear in %s", id)
		}
	}
}

// TestCodec: worker and handler encode with the user's codec what Temporal keeps, the
// signal included.
func TestCodec(t *testing.T) {
	t.Parallel()
	e := newEncrypted(t)
	run := e.start(t, generation.WorkflowName, still("a lighthouse that nobody may see"))
	var result generation.Result
	require.NoError(t, run.Get(t.Context(), &result))
	require.Equal(t, wire.ViaWebhook, result.Via)
	require.Contains(t, e.kept(t, run.GetID()), wire.SignalName(still("").Key))
	e.requireSealed(t, []string{run.GetID()}, result.URL(0))
}

// An error and its details tell no more than a result: they are encoded too.
func TestCodecOfFailedGeneration(t *testing.T) {
	t.Parallel()
	const reason = "the provider says why"
	e := newEncrypted(t, wavespeedtest.Fault{Kind: wavespeedtest.Fails, Message: reason})
	run := e.start(t, generation.WorkflowName, still("a lighthouse that nobody may see"))
	var failure *temporal.ApplicationError
	require.ErrorAs(t, run.Get(t.Context(), nil), &failure)
	require.Contains(t, failure.Error(), reason, "who has the codec reads it")
	var status generation.Status
	require.NoError(t, failure.Details(&status))
	require.Equal(t, e.Simulator.Ledger()[0].PredictionID, status.PredictionID())
	e.requireSealed(t, []string{run.GetID()}, reason)
}

func TestCodecOfRefusedGeneration(t *testing.T) {
	t.Parallel()
	const reason = "the provider says why"
	e := newEncrypted(t, wavespeedtest.Fault{Kind: wavespeedtest.SubmitError, Status: 400, Message: reason})
	run := e.start(t, generation.WorkflowName, still("a lighthouse that nobody may see"))
	require.ErrorContains(t, run.Get(t.Context(), nil), reason)
	e.requireSealed(t, []string{run.GetID()}, reason)
}

// TestCodecOfFailedPipeline: a person says no, another step fails, and the run's error has
// all that it made.
func TestCodecOfFailedPipeline(t *testing.T) {
	t.Parallel()
	const reason, comment = "the provider says why", "the person says why"
	e := newEncrypted(t, wavespeedtest.Fault{Kind: wavespeedtest.Fails, Message: reason, Input: "a ship"})
	run := e.start(t, pipeline.WorkflowName, pipeline.Request{Pipeline: parse(t, `
steps:
  good: {model: wavespeed-ai/flux-dev, input: {prompt: a lighthouse that nobody may see}}
  fails: {model: wavespeed-ai/flux-dev, input: {prompt: a ship that fails and that nobody may see}}
  review: {needs: [good], approve: {message: Is it as nobody may see?, show: ["${{ steps.good.output }}"]}}
`)})
	stack.Eventually(t, "nobody is asked", func() bool {
		handle, err := e.client.UpdateWorkflow(t.Context(), client.UpdateWorkflowOptions{
			WorkflowID: run.GetID(), UpdateName: generation.DecideUpdate, WaitForStage: client.WorkflowUpdateStageCompleted,
			Args: []any{generation.Decision{Verdict: generation.VerdictReject, By: "ada", Comment: comment}},
		})
		return err == nil && handle.Get(t.Context(), nil) == nil
	})
	var failure *temporal.ApplicationError
	require.ErrorAs(t, run.Get(t.Context(), nil), &failure)
	var status pipeline.Status
	require.NoError(t, failure.Details(&status))
	require.Len(t, e.Simulator.Ledger(), 2)
	e.requireSealed(t, []string{run.GetID()}, reason, comment)
}

// TestCodecServerIsAway: an unreachable codec server does not look like a payload that can't
// be decoded. Workflows continue when it is back.
func TestCodecServerIsAway(t *testing.T) {
	t.Parallel()
	e := newEncrypted(t, wavespeedtest.Fault{Kind: wavespeedtest.NeverEnds})
	run := e.start(t, generation.WorkflowName, still("a lighthouse that nobody may see"))
	stack.Eventually(t, "nothing is submitted", func() bool { return len(e.Simulator.Ledger()) == 1 })
	entry := e.Simulator.Ledger()[0]
	body := fmt.Appendf(nil, `{"id":%q,"status":"completed","outputs":["https://cdn.test/good.png"]}`, entry.PredictionID)
	deliver := func() int {
		request := webhooktest.NewRequest(wavespeedtest.DefaultSecret, entry.WebhookURL, body)
		request.RequestURI = ""
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		defer response.Body.Close()
		return response.StatusCode
	}
	encode, decode := "/encode", "/decode"
	e.down.Store(&encode)
	require.Equal(t, http.StatusServiceUnavailable, deliver(), "the sender is told to come again")
	e.down.Store(&decode)
	require.Equal(t, http.StatusOK, deliver())
	stack.Eventually(t, "the worker does not give up", func() bool { return strings.Contains(e.Worker.Log(), "codec server answers 503") })
	e.down.Store(nil)
	var result generation.Result
	require.NoError(t, run.Get(t.Context(), &result))
	require.Equal(t, wire.ViaWebhook, result.Via)
}
