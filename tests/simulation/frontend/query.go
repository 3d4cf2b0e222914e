package frontend

import (
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
)

// query is answered by a worker, from the history as it stands between workflow tasks.
func (s *Server) query(c *Call, request *workflowservice.QueryWorkflowRequest) {
	r, err := s.find(request.GetExecution())
	switch {
	case err != nil:
		c.Answer(err)
	case !r.Running() && r.previous == 0:
		c.Answer(serviceerror.NewWorkflowNotReady("Workflow cannot be queried before its first workflow task has completed."))
	default:
		r.queries = append(r.queries, c)
		r.runQueries()
	}
}

func (r *Run) runQueries() {
	if r.Running() && r.task != nil {
		return
	}
	waiting := r.queries
	r.queries = nil
	for _, c := range waiting {
		r.server.queue("workflow", r.taskQueue).offer(&queued{
			stale: func() bool { return false },
			start: func(poll *Call) { r.startQuery(c, poll) },
		})
	}
}

func (r *Run) startQuery(c, poll *Call) {
	s := r.server
	s.created++
	token := fmt.Sprintf("query/%d", s.created)
	s.asked[token] = c
	reply := poll.Reply.(*workflowservice.PollWorkflowTaskQueueResponse)
	reply.TaskToken = []byte(token)
	reply.PreviousStartedEventId = r.previous
	reply.Query = c.Request.(*workflowservice.QueryWorkflowRequest).GetQuery()
	r.describeTo(reply)
	s.host.Note("query %s of %s/%s to %s", reply.GetQuery().GetQueryType(), r.WorkflowID, short(r.RunID), poll.Process)
	poll.Answer(nil)
}

func (s *Server) queryCompleted(request *workflowservice.RespondQueryTaskCompletedRequest) error {
	c, ok := s.asked[string(request.GetTaskToken())]
	if !ok {
		return serviceerror.NewNotFound("query task not found")
	}
	delete(s.asked, string(request.GetTaskToken()))
	if request.GetCompletedType() == enumspb.QUERY_RESULT_TYPE_FAILED {
		c.Answer(serviceerror.NewQueryFailed(request.GetErrorMessage()))
		return nil
	}
	c.Reply.(*workflowservice.QueryWorkflowResponse).QueryResult = request.GetQueryResult()
	c.Answer(nil)
	return nil
}
