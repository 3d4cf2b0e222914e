// Package signaler signals workflows of webhooks: it is the receiver's way into Temporal.
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
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// Signaler is a [receiver.Signaler].
type Signaler struct{ client client.Client }

// New returns a Signaler that signals workflows in the namespace of the client.
func New(c client.Client) *Signaler { return &Signaler{c} }

// Signal sends the signal to the workflow's current run. If that run is closed and a rerun may
// need the signal, it keeps the signal in a workflow of its own, and returns [wire.ErrKept].
func (s *Signaler) Signal(ctx context.Context, target wire.Target, signal wire.Signal) error {
	ctx = context.WithValue(ctx, deliveryKey{}, delivery{namespace: target.Namespace, requestID: requestID(signal)})
	err := s.send(ctx, target, signal)
	if !errors.Is(err, wire.ErrNoWorkflow) {
		return err
	}
	err = s.keep(ctx, target, signal)
	if errors.Is(err, errOpen) {
		return s.send(ctx, target, signal)
	}
	return err
}

func (s *Signaler) send(ctx context.Context, target wire.Target, signal wire.Signal) error {
	return classify(s.client.SignalWorkflow(ctx, target.WorkflowID, "", wire.SignalName(target.Key), signal))
}

func classify(err error) error {
	var notFound *serviceerror.NotFound
	var invalid *serviceerror.InvalidArgument
	switch {
	case errors.As(err, &notFound):
		return fmt.Errorf("%w: %w", wire.ErrNoWorkflow, err)
	case errors.As(err, &invalid) && strings.Contains(invalid.Message, "exceeded workflow execution limit for signal events"):
		return fmt.Errorf("%w: %w", wire.ErrRefused, err)
	default:
		return err
	}
}

// delivery is what an interceptor must know about a signal.
type delivery struct{ namespace, requestID string }

type deliveryKey struct{}

// requestID is equal for equal signals, and different for others.
func requestID(signal wire.Signal) string {
	digest := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %t %t", signal.Nonce, signal.PredictionID, signal.Status, signal.Hint, signal.Identified))
	return "wavespeed-" + hex.EncodeToString(digest[:16])
}

// DialOption gives a client's signals their request ids, and keeps them in their namespace: see
// package webhook/signaler.
func DialOption() grpc.DialOption {
	return grpc.WithChainUnaryInterceptor(func(ctx context.Context, method string, request, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		if d, ok := ctx.Value(deliveryKey{}).(delivery); ok {
			if err := d.mark(request); err != nil {
				return err
			}
		}
		return invoke(ctx, method, request, reply, cc, opts...)
	})
}

// mark sets a request's id, if it is for the delivery's namespace.
func (d delivery) mark(request any) error {
	var namespace string
	switch request := request.(type) {
	case *workflowservice.SignalWorkflowExecutionRequest:
		namespace, request.RequestId = request.Namespace, d.requestID
	case *workflowservice.StartWorkflowExecutionRequest:
		namespace, request.RequestId = request.Namespace, d.requestID
	default:
		return nil
	}
	if namespace == d.namespace {
		return nil
	}
	// FailedPrecondition is a code on which the SDK does not retry.
	return status.Errorf(codes.FailedPrecondition, "signaler: the delivery is for namespace %q, and this handler serves %q", d.namespace, namespace)
}
