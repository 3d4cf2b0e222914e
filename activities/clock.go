package activities

import (
	"time"

	"go.temporal.io/sdk/activity"
)

// timeLeft is the rest of a period that started when the activity was scheduled, by the
// Temporal server's clock alone, as of this attempt's start.
func timeLeft(info activity.Info, within time.Duration) time.Duration {
	return within - info.StartedTime.Sub(info.ScheduledTime)
}
