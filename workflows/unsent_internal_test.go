package workflows

import (
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// TestUnsent: a submit was surely not sent if no worker has it, and none had it before, or the last
// said that it was not accepted.
func TestUnsent(t *testing.T) {
	t.Parallel()
	const (
		waits = enumspb.PENDING_ACTIVITY_STATE_SCHEDULED
		runs  = enumspb.PENDING_ACTIVITY_STATE_STARTED
	)
	for name, c := range map[string]struct {
		state   enumspb.PendingActivityState
		attempt int32
		ended   bool // an attempt has
		failure generation.ErrorType
		want    bool
	}{
		"no worker had it":            {waits, 1, false, "", true},
		"a worker has it":             {runs, 1, false, "", false},
		"it was refused":              {waits, 2, true, generation.ErrorTypeRateLimited, true},
		"its result was not encoded":  {waits, 2, true, "wrapError", false},
		"it was reset after that":     {waits, 1, true, "", false},
		"nothing is known of its end": {waits, 2, true, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pending := &workflowpb.PendingActivityInfo{State: c.state, Attempt: c.attempt}
			if c.ended {
				pending.LastAttemptCompleteTime = timestamppb.Now()
			}
			if c.failure != "" {
				pending.LastFailure = &failurepb.Failure{FailureInfo: &failurepb.Failure_ApplicationFailureInfo{
					ApplicationFailureInfo: &failurepb.ApplicationFailureInfo{Type: string(c.failure)},
				}}
			}
			require.Equal(t, c.want, isUnsent(pending))
		})
	}
}

// TestNeverSent: the cancellation itself tells nothing of attempts that have ended.
func TestNeverSent(t *testing.T) {
	t.Parallel()
	canceled := func(id string, started int64) error {
		return temporal.GetDefaultFailureConverter().FailureToError(&failurepb.Failure{
			Cause: &failurepb.Failure{FailureInfo: &failurepb.Failure_CanceledFailureInfo{CanceledFailureInfo: &failurepb.CanceledFailureInfo{}}},
			FailureInfo: &failurepb.Failure_ActivityFailureInfo{
				ActivityFailureInfo: &failurepb.ActivityFailureInfo{ActivityId: id, ScheduledEventId: 5, StartedEventId: started},
			},
		})
	}
	require.True(t, neverSent(temporal.NewCanceledError(), nil), "it was never scheduled")
	require.True(t, neverSent(canceled("7", 0), []string{"6", "7"}))
	require.False(t, neverSent(canceled("7", 0), []string{"6"}))
	require.False(t, neverSent(canceled("7", 9), []string{"7"}), "a worker had it since")
}
