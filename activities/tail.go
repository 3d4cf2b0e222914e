package activities

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/predictionid"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/record"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/runwire"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

const (
	// tailTries is how many attempts of a recall fail because a tail can't be decoded: half a
	// minute. What is not read is only missed by the search for a submit, which has other
	// witnesses and takes doubt for doubt. But a run with a tail that can never be decoded, such as
	// a signal encoded with a lost key, could never be re-run, with all that it has paid for.
	tailTries = 6

	// maxTail limits the events read of a tail; more are a flood of signals.
	maxTail = 10_000

	// A tail is short, in most cases.
	firstTailPage = 16
	maxTailPage   = 256
)

// tails are what ended workflows' histories say after their last completed workflow tasks. A query
// does not tell of it, because the SDK replays a workflow no further.
type tails struct {
	a       *Activities
	open    map[string][]*generation.Attempt // whose predictions are unknown, by nonce
	signals map[string]bool                  // names of the signals about those
}

// addTails adds to submits whose predictions are unknown what the tails of these workflows say.
func (a *Activities) addTails(ctx context.Context, of []runwire.Child, page *runwire.Page) error {
	t := &tails{a: a, open: make(map[string][]*generation.Attempt), signals: make(map[string]bool)}
	for _, step := range page.Steps {
		for _, item := range step.Items {
			t.want(item.Generations)
			t.want(item.Replaced)
		}
	}
	if len(t.open) == 0 {
		return nil
	}
	for _, workflow := range of {
		if err := t.read(ctx, workflow); err != nil {
			return fmt.Errorf("the end of the history of %s: %v", workflow.WorkflowID, err) // not wrapped: none is final
		}
	}
	return nil
}

func (t *tails) want(statuses []generation.Status) {
	for _, status := range statuses {
		if open := record.OpenSubmit(status); open != nil {
			t.open[open.Nonce] = append(t.open[open.Nonce], open)
			t.signals[wire.SignalName(cmp.Or(open.Key, status.Key))] = true
		}
	}
}

// read reads a workflow's tail, from its end.
func (t *tails) read(ctx context.Context, of runwire.Child) error {
	request := &workflowservice.GetWorkflowExecutionHistoryReverseRequest{
		Namespace: activity.GetInfo(ctx).Namespace, MaximumPageSize: firstTailPage,
		Execution: &commonpb.WorkflowExecution{WorkflowId: of.WorkflowID, RunId: of.RunID},
	}
	var tail []*historypb.HistoryEvent
	for ; ; request.MaximumPageSize = min(2*request.MaximumPageSize, maxTailPage) {
		page, err := t.a.client(ctx).WorkflowService().GetWorkflowExecutionHistoryReverse(ctx, request)
		if err != nil {
			return err
		}
		events := page.GetHistory().GetEvents()
		end := slices.IndexFunc(events, func(e *historypb.HistoryEvent) bool {
			return e.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
		})
		if end >= 0 {
			events = events[:end]
		}
		tail = append(tail, events...)
		if request.NextPageToken = page.GetNextPageToken(); end >= 0 || len(tail) >= maxTail || len(request.NextPageToken) == 0 {
			break
		}
	}
	for _, event := range slices.Backward(tail) { // in the order in which a worker would have seen them
		if err := t.take(ctx, of, event); err != nil {
			return err
		}
	}
	return nil
}

// take adds what an event says about a submit.
func (t *tails) take(ctx context.Context, of runwire.Child, event *historypb.HistoryEvent) error {
	if signaled := event.GetWorkflowExecutionSignaledEventAttributes(); t.signals[signaled.GetSignalName()] {
		in := converter.WorkflowSerializationContext{Namespace: activity.GetInfo(ctx).Namespace, WorkflowID: of.WorkflowID}
		var signal wire.Signal
		if err := converter.WithDataConverterSerializationContext(t.a.options.Converter(), in).FromPayloads(signaled.GetInput(), &signal); err != nil {
			return t.missed(ctx, err)
		}
		for _, open := range t.open[signal.Nonce] {
			deliver(open, signal)
		}
	}
	if completed := event.GetActivityTaskCompletedEventAttributes(); completed != nil {
		var submitted wire.Submitted
		if err := t.decode(ctx, completed.GetResult(), &submitted); err != nil {
			return err
		}
		for _, open := range t.open[submitted.Nonce] {
			if identify(open, submitted.PredictionID) {
				open.Answered, open.Price, open.APIKey = true, submitted.Price, submitted.APIKey
			}
		}
	}
	failure := event.GetActivityTaskFailedEventAttributes().GetFailure().GetApplicationFailureInfo()
	if failure.GetType() == string(generation.ErrorTypeSubmitUnknown) {
		var lost wire.Lost
		if err := t.decode(ctx, failure.GetDetails(), &lost); err != nil {
			return err
		}
		for _, open := range t.open[lost.Nonce] {
			open.Price, open.APIKey = lost.Price, lost.APIKey
		}
	}
	return nil
}

// decode decodes what an activity has ended with, if it is of that kind. Any other is left as it is.
func (t *tails) decode(ctx context.Context, payloads *commonpb.Payloads, to any) error {
	var raw converter.RawValue
	if err := t.a.options.Converter().FromPayloads(payloads, &raw); err != nil {
		return t.missed(ctx, err)
	}
	_ = converter.GetDefaultDataConverter().FromPayload(raw.Payload(), to)
	return nil
}

// missed is an error as long as another attempt may decode what this one could not.
func (t *tails) missed(ctx context.Context, err error) error {
	if activity.GetInfo(ctx).Attempt < tailTries {
		return err
	}
	activity.GetLogger(ctx).Warn("Webhooks or answers that no worker of an earlier run has seen cannot be read: what they tell is searched for", "error", err)
	return nil
}

// deliver adds a webhook's prediction to an attempt, as a workflow does.
func deliver(open *generation.Attempt, signal wire.Signal) {
	switch {
	case open.PredictionID != "":
	case signal.Identified:
		identify(open, signal.PredictionID)
	case len(open.Delivered) < wire.MaxCandidates && !slices.Contains(open.Delivered, signal.PredictionID):
		open.Delivered = append(open.Delivered, signal.PredictionID)
	}
}

// identify sets an attempt's prediction, if that can be one.
func identify(open *generation.Attempt, id string) bool {
	if predictionid.Validate(id) != nil {
		return false
	}
	open.PredictionID, open.Reason, open.Candidates, open.Delivered = id, "", nil, nil
	return true
}
