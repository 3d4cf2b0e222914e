package simulation

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	sdkworker "go.temporal.io/sdk/worker"
	"google.golang.org/grpc"

	"github.com/wavespeed-temporal/wavespeed-temporal/tests/simulation/frontend"
)

// process is one with a client of Temporal: a worker, a webhook handler or an operator.
// A goroutine cannot be killed, so a dead process is one whose calls nobody takes.
type process struct {
	world  *world
	name   string
	dead   bool
	cut    bool          // off from Temporal
	skew   time.Duration // of its clock
	client client.Client
	worker sdkworker.Worker // nil of others
}

func (w *world) newProcess(name string) *process {
	p := &process{world: w, name: name}
	c, err := client.NewLazyClient(client.Options{
		HostPort: "passthrough:///in-memory", Namespace: frontend.Namespace, Identity: name,
		DataConverter:           w.converter,
		Logger:                  log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
		WorkerHeartbeatInterval: -1,
		ConnectionOptions: client.ConnectionOptions{
			GrpcCompression: &client.GrpcCompressionNone{},
			DialOptions:     []grpc.DialOption{grpc.WithChainUnaryInterceptor(p.rpc)},
		},
	})
	if err != nil {
		panic(err)
	}
	p.client = c
	w.processes = append(w.processes, p)
	return p
}

// lostTask loses a task on its way to a worker, now and then: the server believes that
// the worker has it, and the worker sees the end of a poll without a task.
func (w *world) lostTask(p *process, take *frontend.Call, err error) error {
	if !w.chance(w.weather.lostTasks) {
		return err
	}
	w.Note("%s: its task is lost", p.name)
	switch reply := take.Reply.(type) {
	case *workflowservice.PollWorkflowTaskQueueResponse:
		reply.Reset()
	case *workflowservice.PollActivityTaskQueueResponse:
		reply.Reset()
	}
	return err
}

// now is the process's clock.
func (p *process) now() time.Time { return time.Now().Add(p.skew) }

// rpc is in place of a connection.
func (p *process) rpc(ctx context.Context, method string, request, reply any, _ *grpc.ClientConn, _ grpc.UnaryInvoker, _ ...grpc.CallOption) error {
	take := &frontend.Call{Process: p.name, Request: request, Reply: reply}
	var key string
	hold := false
	switch r := request.(type) {
	case *workflowservice.GetSystemInfoRequest, *workflowservice.DescribeNamespaceRequest, *workflowservice.ShutdownWorkerRequest:
		var failure error
		take.Answer = func(err error) { failure = err }
		p.world.server.Take(take)
		return failure
	case *workflowservice.PollNexusTaskQueueRequest:
		hold = true
	case *workflowservice.PollWorkflowTaskQueueRequest, *workflowservice.PollActivityTaskQueueRequest:
		hold = true
	case *workflowservice.GetWorkflowExecutionHistoryRequest:
		key = r.GetExecution().GetWorkflowId()
	case *workflowservice.GetWorkflowExecutionHistoryReverseRequest:
		key = r.GetExecution().GetWorkflowId()
	case *workflowservice.DescribeWorkflowExecutionRequest:
		key = r.GetExecution().GetWorkflowId()
	case *workflowservice.StartWorkflowExecutionRequest:
		key = r.GetWorkflowId()
	case *workflowservice.RespondActivityTaskCompletedRequest:
		key = string(r.GetTaskToken())
	case *workflowservice.RespondActivityTaskFailedRequest:
		key = string(r.GetTaskToken())
	case *workflowservice.RespondWorkflowTaskCompletedRequest:
		key = string(r.GetTaskToken())
	case *workflowservice.SignalWorkflowExecutionRequest:
		key = r.GetWorkflowExecution().GetWorkflowId() + "/" + r.GetSignalName()
	case *workflowservice.QueryWorkflowRequest:
		key = r.GetExecution().GetRunId()
	case *workflowservice.UpdateWorkflowExecutionRequest:
		key = r.GetWorkflowExecution().GetWorkflowId() + "/" + r.GetRequest().GetMeta().GetUpdateId()
	}
	c := &call{key: p.name + method + key + ownerOf(ctx).task(), hold: hold}
	take.Answer = func(err error) { p.world.answer(c, err) }
	c.take = func(c *call) { p.world.takeRPC(p, c, take) }
	err := p.world.enter(ctx, c)
	switch {
	case err == nil:
		own(reply)
		return nil
	case err == context.DeadlineExceeded:
		err = serviceerror.NewDeadlineExceeded("context deadline exceeded")
	case err == context.Canceled:
		err = serviceerror.NewCanceled("context canceled")
	}
	return serviceerror.ToStatus(err).Err()
}

// takeRPC carries a call to the server and its answer back, each after a time, or loses
// the one or the other.
func (w *world) takeRPC(p *process, c *call, take *frontend.Call) {
	if p.dead {
		return
	}
	if c.hold {
		answer := take.Answer
		take.Answer = func(err error) { answer(w.lostTask(p, take, err)) }
		w.server.Take(take)
		return
	}
	if p.cut {
		w.Note("%s: %T is swallowed", p.name, take.Request)
		return
	}
	lost := w.chance(w.weather.lostAnswers)
	if lost {
		take.Answer = func(error) { w.Note("%s: the answer to %T is lost", p.name, take.Request) }
	} else {
		answer := take.Answer
		take.Answer = func(err error) { w.After(w.latency(), func() { answer(err) }) }
	}
	w.After(w.latency(), func() {
		if w.left(c) {
			return
		}
		w.server.Take(take)
		w.crashes(p, fmt.Sprintf("after %T", take.Request))
	})
}
