package activities

import (
	"time"

	"go.temporal.io/sdk/activity"
)

// timeLeft is what is left of a time that began when the activity was scheduled, by the
// clock of the Temporal server alone, as of this attempt's start.
func timeLeft(info activity.Info, within time.Duration) time.Duration {
	return within - info.StartedTime.Sub(info.ScheduledTime)
}
