package tests

import (
	"crypto/aes"
	"crypto/cipher"
	"net/http/httptest"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/stack"
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

// TestCodec: worker and handler encode with the user's codec what Temporal keeps, the
// signal included.
func TestCodec(t *testing.T) {
	t.Parallel()
	codec := newSealing(t)
	remote := httptest.NewServer(converter.NewPayloadCodecHTTPHandler(codec))
	t.Cleanup(remote.Close)
	s := stack.Start(t, stack.Options{Env: []string{"TEMPORAL_CODEC_ENDPOINT=" + remote.URL}})
	c, err := client.NewLazyClient(client.Options{
		HostPort:      s.Temporal.Address,
		DataConverter: converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), codec),
	})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "codec-" + uuid.NewString(), TaskQueue: s.TaskQueue},
		generation.WorkflowName, still("a lighthouse that nobody may see"))
	require.NoError(t, err)
	var result generation.Result
	require.NoError(t, run.Get(t.Context(), &result))
	require.Equal(t, generation.ViaWebhook, result.Via)

	signals := 0
	history := c.GetWorkflowHistory(t.Context(), run.GetID(), run.GetRunID(), false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		require.NoError(t, err)
		text := event.String()
		require.NotContains(t, text, "nobody may see")
		require.NotContains(t, text, result.URL(0))
		if signaled := event.GetWorkflowExecutionSignaledEventAttributes(); signaled != nil {
			signals++
			require.Equal(t, sealedEncoding, string(signaled.GetInput().GetPayloads()[0].GetMetadata()[converter.MetadataEncoding]))
		}
	}
	require.Equal(t, 1, signals)
}
