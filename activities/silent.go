package activities

import (
	"context"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
)

// maxEvents is how much is read of the history of a workflow that does not answer.
const maxEvents = 5000

// activityPrefix begins the names of all activities of generations and pipelines.
const activityPrefix = "wavespeed."

// mayHaveGenerations tells, of a workflow that no worker answers for, whether it may have
// submitted anything or looked for a submit. One of another program, whose workers are
// stopped, has not: its history shows none of our activities. So nobody waits for its answer.
func mayHaveGenerations(ctx context.Context, c client.Client, workflowID, runID string) bool {
	history := c.GetWorkflowHistory(ctx, workflowID, runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for range maxEvents {
		if !history.HasNext() {
			return false
		}
		event, err := history.Next()
		if err != nil || strings.HasPrefix(event.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName(), activityPrefix) {
			return true
		}
	}
	return true
}
