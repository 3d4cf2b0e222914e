package simulation

import (
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/sdk/converter"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/tests/simulation/frontend"
)

// ending is what one generation of a job came to in the job's last run.
type ending struct {
	job     *job
	request generation.Request
	made
	status generation.Status
}

// endings are those of a job, none if people ended it.
func (w *world) endings(j *job) []ending {
	if j.pipeline != nil {
		return j.pipeline.endings(j)
	}
	runs := w.server.Runs(j.id)
	last := runs[len(runs)-1]
	made, statuses := read(last)
	endings := make([]ending, 0, len(made))
	for i, m := range made {
		e := ending{job: j, request: j.requests[i], made: m}
		for _, status := range statuses {
			if status.Key == m.Key && !status.Earlier {
				e.status = status
			}
		}
		endings = append(endings, e)
	}
	return endings
}

// read takes from a run's last event what was made in it.
func read(r *frontend.Run) ([]made, []generation.Status) {
	last := r.History[len(r.History)-1]
	decode := converter.GetDefaultDataConverter().FromPayloads
	switch {
	case r.Status == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED && r.Type == severalName:
		var result severalResult
		must(decode(last.GetWorkflowExecutionCompletedEventAttributes().GetResult(), &result))
		return result.Made, result.Statuses
	case r.Status == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		var result generation.Result
		must(decode(last.GetWorkflowExecutionCompletedEventAttributes().GetResult(), &result))
		return []made{{Key: result.Key, Result: result}}, []generation.Status{{Key: result.Key, Attempts: result.Attempts}}
	case r.Status == enumspb.WORKFLOW_EXECUTION_STATUS_FAILED:
		return readFailure(last.GetWorkflowExecutionFailedEventAttributes().GetFailure())
	default:
		return nil, nil
	}
}

// readFailure is of a generation that is a workflow of its own.
func readFailure(failure *failurepb.Failure) ([]made, []generation.Status) {
	info := failure.GetApplicationFailureInfo()
	var status generation.Status
	if info.GetDetails() != nil {
		must(converter.GetDefaultDataConverter().FromPayloads(info.GetDetails(), &status))
	}
	return []made{{Key: status.Key, ErrorType: generation.ErrorType(info.GetType()), Message: failure.GetMessage()}}, []generation.Status{status}
}
