package runs

import (
	"context"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/converter"

	"github.com/wavespeed-temporal/wavespeed-temporal/cmd/internal/cli/session"
	"github.com/wavespeed-temporal/wavespeed-temporal/pipeline"
)

// Input reads a run's input from the first event of its history.
func Input(ctx context.Context, s *session.Session, id, runID string) (in pipeline.Request, err error) {
	history := s.Client.GetWorkflowHistory(ctx, id, runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	event, err := history.Next()
	if err != nil {
		return in, err
	}
	payloads := event.GetWorkflowExecutionStartedEventAttributes().GetInput()
	if err := dataConverter(s).FromPayloads(payloads, &in); err != nil {
		return in, fmt.Errorf("%s: cannot read its input: %w", id, err)
	}
	return in, nil
}

// Decode decodes a payload, if there is one, with the client's converter.
func Decode(s *session.Session, payload *commonpb.Payload, into any) {
	if payload != nil {
		_ = dataConverter(s).FromPayload(payload, into)
	}
}

func dataConverter(s *session.Session) converter.DataConverter {
	if s.Options.DataConverter != nil {
		return s.Options.DataConverter
	}
	return converter.GetDefaultDataConverter()
}
