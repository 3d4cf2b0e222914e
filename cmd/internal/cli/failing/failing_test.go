package failing

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// codec hides nothing, but must be decoded.
type codec struct{}

func (codec) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	for _, p := range payloads {
		p.Data = []byte(base64.StdEncoding.EncodeToString(p.Data))
	}
	return payloads, nil
}

func (codec) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	for _, p := range payloads {
		p.Data, _ = base64.StdEncoding.DecodeString(string(p.Data))
	}
	return payloads, nil
}

// TestFailing reads encoded failures too, and leaves out those that only mean that a prediction
// is still running.
func TestFailing(t *testing.T) {
	t.Parallel()
	failures := temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
		DataConverter:          converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), codec{}),
		EncodeCommonAttributes: true,
	})
	at := time.Date(2026, 11, 26, 12, 0, 0, 0, time.Local)
	pending := []*workflowpb.PendingActivityInfo{
		{Attempt: 1},
		{Attempt: 2, LastFailure: failures.ErrorToFailure(temporal.NewApplicationError("p1 is processing", string(wire.ErrorTypePending)))},
		{
			Attempt: 3, LastFailure: failures.ErrorToFailure(temporal.NewApplicationError("connection refused", string(generation.ErrorTypeUnavailable))),
			NextAttemptScheduleTime: timestamppb.New(at),
		},
	}
	all := among(pending, failures)
	require.Equal(t, "\nfailed, will be retried:\n  attempt 3 at 12:00:00: connection refused\n", Text(all))
	require.Empty(t, Text(nil))
	many := []Activity{all[0], all[0], all[0], all[0], all[0]}
	require.Equal(t, 3, strings.Count(Text(many), "connection refused"))
	require.Contains(t, Text(many), "… and 2 more")
}
