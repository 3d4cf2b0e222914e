// Package signaler is the webhook handler's way into Temporal.
//
//	c, err := client.Dial(client.Options{
//		ConnectionOptions: client.ConnectionOptions{DialOptions: []grpc.DialOption{signaler.DialOption()}},
//	})
//	signals, err := signaler.New(signaler.Options{Client: c, Namespace: "default"})
//
// The client needs the right to signal, describe and start workflows.
//
// Signals are encoded by the client's data converter: a handler needs the same one as
// its workflows' worker.
package signaler

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/webhook"
)

// Client is what is needed of a Temporal client. client.Client is one.
type Client interface {
	SignalWorkflow(ctx context.Context, workflowID, runID, signalName string, arg any) error
	DescribeWorkflowExecution(ctx context.Context, workflowID, runID string) (*workflowservice.DescribeWorkflowExecutionResponse, error)
	ExecuteWorkflow(ctx context.Context, options client.StartWorkflowOptions, workflow any, args ...any) (client.WorkflowRun, error)
	GetWorkflow(ctx context.Context, workflowID, runID string) client.WorkflowRun
}

// Options say where to signal. Both fields must be set.
type Options struct {
	Client Client

	// Namespace is the client's. A delivery for another one is refused, to be sent
	// again, in the hope of a handler that serves it.
	Namespace string
}

// Signaler is a [webhook.Signaler].
type Signaler struct{ options Options }

// New checks the options.
func New(options Options) (*Signaler, error) {
	switch {
	case options.Client == nil:
		return nil, errors.New("signaler: Options.Client: is missing")
	case options.Namespace == "":
		return nil, errors.New("signaler: Options.Namespace: is missing; give the client's")
	default:
		return &Signaler{options}, nil
	}
}

// Signal sends the signal to the workflow's current run. Where that is closed and another
// may want to know, it keeps the signal in a workflow of its own, and returns
// [webhook.ErrKept].
func (s *Signaler) Signal(ctx context.Context, target generation.Target, signal generation.Signal) error {
	if target.Namespace != s.options.Namespace {
		return fmt.Errorf("signaler: the delivery is for namespace %q, and this handler serves %q", target.Namespace, s.options.Namespace)
	}
	ctx = context.WithValue(ctx, requestIDKey{}, requestID(signal))
	err := s.send(ctx, target, signal)
	if !errors.Is(err, webhook.ErrNoWorkflow) {
		return err
	}
	err = s.keep(ctx, target, signal)
	if errors.Is(err, errOpen) {
		return s.send(ctx, target, signal)
	}
	return err
}

func (s *Signaler) send(ctx context.Context, target generation.Target, signal generation.Signal) error {
	return classify(s.options.Client.SignalWorkflow(ctx, target.WorkflowID, "", generation.SignalName(target.Key), signal))
}

func classify(err error) error {
	var notFound *serviceerror.NotFound
	var invalid *serviceerror.InvalidArgument
	switch {
	case errors.As(err, &notFound):
		return fmt.Errorf("%w: %w", webhook.ErrNoWorkflow, err)
	case errors.As(err, &invalid) && strings.Contains(invalid.Message, "exceeded workflow execution limit for signal events"):
		return fmt.Errorf("%w: %w", webhook.ErrRefused, err)
	default:
		return err
	}
}

type requestIDKey struct{}

// requestID is the same for the same news, and for nothing else.
func requestID(signal generation.Signal) string {
	digest := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %t %t", signal.Nonce, signal.PredictionID, signal.Status, signal.Hint, signal.Identified))
	return "wavespeed-" + hex.EncodeToString(digest[:16])
}

// DialOption lets Temporal's server drop a signal that it has got before, so that a
// hundred copies of a delivery are one event and one billable action. It goes on the
// client's ConnectionOptions. It saves, and nothing depends on it: workflows take a
// prediction's outcome once, and the server may forget.
func DialOption() grpc.DialOption {
	return grpc.WithChainUnaryInterceptor(func(ctx context.Context, method string, request, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		if id, ok := ctx.Value(requestIDKey{}).(string); ok {
			switch request := request.(type) {
			case *workflowservice.SignalWorkflowExecutionRequest:
				request.RequestId = id
			case *workflowservice.StartWorkflowExecutionRequest:
				request.RequestId = id
			}
		}
		return invoke(ctx, method, request, reply, cc, opts...)
	})
}
