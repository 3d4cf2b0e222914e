package frontend

import (
	"slices"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	protocolpb "go.temporal.io/api/protocol/v1"
	updatepb "go.temporal.io/api/update/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/anypb"
)

// update is one that has not ended.
type update struct {
	id       string
	call     *Call
	sent     bool // to the worker whose workflow task runs
	accepted int64
}

func (s *Server) update(c *Call, request *workflowservice.UpdateWorkflowExecutionRequest) {
	r, err := s.findRunning(request.GetWorkflowExecution())
	if err != nil {
		c.Answer(err)
		return
	}
	id := request.GetRequest().GetMeta().GetUpdateId()
	if i := slices.IndexFunc(r.updates, func(u *update) bool { return u.id == id }); i >= 0 {
		r.updates[i].call = c // the caller asks again
		return
	}
	r.updates = append(r.updates, &update{id: id, call: c})
	s.host.Note("%s/%s is updated: %s", r.WorkflowID, short(r.RunID), request.GetRequest().GetInput().GetName())
	r.schedule()
}

func (u *update) request() *updatepb.Request {
	return u.call.Request.(*workflowservice.UpdateWorkflowExecutionRequest).GetRequest()
}

func (u *update) fail(err error) { u.call.Answer(err) }

// updateMessages are the updates that the workflow has not been told of.
func (r *Run) updateMessages() (messages []*protocolpb.Message) {
	for _, u := range r.updates {
		if u.sent || u.accepted != 0 {
			continue
		}
		u.sent = true
		body, err := anypb.New(u.request())
		if err != nil {
			panic(err)
		}
		messages = append(messages, &protocolpb.Message{
			Id: u.id + "/request", ProtocolInstanceId: u.id, Body: body,
			SequencingId: &protocolpb.Message_EventId{EventId: int64(len(r.History)) - 1},
		})
	}
	return messages
}

func (r *Run) unsentUpdates() bool {
	return slices.ContainsFunc(r.updates, func(u *update) bool { return !u.sent })
}

func (r *Run) resendUpdates() {
	for _, u := range r.updates {
		u.sent = u.accepted != 0
	}
}

// protocolMessage takes the message that a command refers to.
func (r *Run) protocolMessage(id string, messages *[]*protocolpb.Message) {
	i := slices.IndexFunc(*messages, func(m *protocolpb.Message) bool { return m.GetId() == id })
	if i < 0 {
		return
	}
	message := (*messages)[i]
	*messages = slices.Delete(slices.Clone(*messages), i, i+1)
	r.updateReply(message)
}

// updateReplies takes the messages that no command refers to: rejections.
func (r *Run) updateReplies(messages []*protocolpb.Message) {
	for _, message := range messages {
		r.updateReply(message)
	}
}

func (r *Run) updateReply(message *protocolpb.Message) {
	i := slices.IndexFunc(r.updates, func(u *update) bool { return u.id == message.GetProtocolInstanceId() })
	if i < 0 {
		return
	}
	u := r.updates[i]
	body, err := message.GetBody().UnmarshalNew()
	if err != nil {
		panic(err)
	}
	switch body := body.(type) {
	case *updatepb.Acceptance:
		u.accepted = r.add(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED, func(e *historypb.HistoryEvent) {
			e.Attributes = &historypb.HistoryEvent_WorkflowExecutionUpdateAcceptedEventAttributes{WorkflowExecutionUpdateAcceptedEventAttributes: &historypb.WorkflowExecutionUpdateAcceptedEventAttributes{
				ProtocolInstanceId: u.id, AcceptedRequestMessageId: body.GetAcceptedRequestMessageId(), AcceptedRequestSequencingEventId: body.GetAcceptedRequestSequencingEventId(), AcceptedRequest: u.request(),
			}}
		}).GetEventId()
	case *updatepb.Response:
		r.add(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED, func(e *historypb.HistoryEvent) {
			e.Attributes = &historypb.HistoryEvent_WorkflowExecutionUpdateCompletedEventAttributes{WorkflowExecutionUpdateCompletedEventAttributes: &historypb.WorkflowExecutionUpdateCompletedEventAttributes{
				Meta: body.GetMeta(), AcceptedEventId: u.accepted, Outcome: body.GetOutcome(),
			}}
		})
		r.answerUpdate(u, body.GetOutcome())
	case *updatepb.Rejection:
		r.answerUpdate(u, &updatepb.Outcome{Value: &updatepb.Outcome_Failure{Failure: body.GetFailure()}})
	}
}

func (r *Run) answerUpdate(u *update, outcome *updatepb.Outcome) {
	r.updates = slices.DeleteFunc(r.updates, func(other *update) bool { return other == u })
	reply := u.call.Reply.(*workflowservice.UpdateWorkflowExecutionResponse)
	reply.UpdateRef = &updatepb.UpdateRef{WorkflowExecution: r.execution(), UpdateId: u.id}
	reply.Outcome, reply.Stage = outcome, enumspb.UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED
	u.call.Answer(nil)
}
