package workflows

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// TestNotTaken: a submit whose time ran out was not accepted if no worker had it then, and the
// worker that had it before says so.
func TestNotTaken(t *testing.T) {
	t.Parallel()
	const (
		toStart    = enumspb.TIMEOUT_TYPE_SCHEDULE_TO_START
		toClose    = enumspb.TIMEOUT_TYPE_SCHEDULE_TO_CLOSE
		startClose = enumspb.TIMEOUT_TYPE_START_TO_CLOSE
	)
	for name, c := range map[string]struct {
		kind    enumspb.TimeoutType
		started int64
		before  generation.ErrorType // the type of error of the attempt before
		want    bool
	}{
		"no worker ever took it":             {toStart, 0, "", true},
		"none before the end":                {toClose, 0, "", true},
		"it was refused until the end":       {toClose, 0, generation.ErrorTypeRateLimited, true},
		"a worker did not know it":           {toClose, 0, "ActivityNotRegisteredError", false}, // another may have
		"a worker had it":                    {toClose, 7, generation.ErrorTypeUnavailable, false},
		"its answer could not be encoded":    {toClose, 0, "wrapError", false},
		"it was cut off":                     {startClose, 7, "", false},
		"whether Temporal counts it, unsure": {toClose, 0, wire.ErrorTypePending, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			timedOut := &failurepb.Failure{FailureInfo: &failurepb.Failure_TimeoutFailureInfo{TimeoutFailureInfo: &failurepb.TimeoutFailureInfo{TimeoutType: c.kind}}}
			if c.before != "" {
				timedOut.Cause = &failurepb.Failure{FailureInfo: &failurepb.Failure_ApplicationFailureInfo{
					ApplicationFailureInfo: &failurepb.ApplicationFailureInfo{Type: string(c.before)},
				}}
			}
			err := temporal.GetDefaultFailureConverter().FailureToError(&failurepb.Failure{
				Cause:       timedOut,
				FailureInfo: &failurepb.Failure_ActivityFailureInfo{ActivityFailureInfo: &failurepb.ActivityFailureInfo{ScheduledEventId: 5, StartedEventId: c.started}},
			})
			var timeout *temporal.TimeoutError
			require.True(t, errors.As(err, &timeout))
			require.Equal(t, c.want, notTaken(err, timeout))
		})
	}
}
