package signaler_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/signaler"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// fake is a Temporal client that answers signals with an error, and knows no closed workflow.
type fake struct {
	client.Client
	err  error
	got  []any
	runs int
}

func (f *fake) DescribeWorkflow(context.Context, string, string) (*client.WorkflowExecutionDescription, error) {
	return nil, f.err
}

func (f *fake) SignalWorkflow(_ context.Context, workflowID, runID, name string, arg any) error {
	f.runs++
	f.got = []any{workflowID, runID, name, arg}
	return f.err
}

var target = wire.Target{Namespace: "default", WorkflowID: "clip-7", Key: "still[3]", Nonce: "n", Account: "default"}

var signal = wire.Signal{Nonce: "n", Outcome: wire.Outcome{
	PredictionID: "p1", Status: "completed", Produced: generation.Produced{Outputs: []generation.Output{generation.Output(`"https://x/1.png"`)}},
}}

func TestErrorsAreSorted(t *testing.T) {
	t.Parallel()
	const tooMany = "exceeded workflow execution limit for signal events"
	for name, test := range map[string]struct{ err, want error }{
		"none":                   {nil, nil},
		"closed or unknown":      {serviceerror.NewNotFound("workflow execution already completed"), wire.ErrNoWorkflow},
		"wrapped":                {fmt.Errorf("signal: %w", serviceerror.NewNotFound("x")), wire.ErrNoWorkflow},
		"too many signals":       {serviceerror.NewInvalidArgument(tooMany), wire.ErrRefused},
		"too many, in words":     {serviceerror.NewInvalidArgument("Workflow: " + tooMany + "."), wire.ErrRefused},
		"another bad argument":   {serviceerror.NewInvalidArgument("Blob data size exceeds limit."), nil},
		"too many, by no type":   {errors.New(tooMany), nil},
		"not found, by no type":  {errors.New("workflow execution already completed"), nil},
		"unknown namespace":      {serviceerror.NewNamespaceNotFound("media"), nil},
		"namespace elsewhere":    {serviceerror.NewNamespaceNotActive("media", "a", "b"), nil},
		"namespace not usable":   {serviceerror.NewNamespaceInvalidState("media", 0, nil), nil},
		"server down":            {serviceerror.NewUnavailable("x"), nil},
		"server slow":            {serviceerror.NewDeadlineExceeded("x"), nil},
		"server busy":            {serviceerror.NewResourceExhausted(0, tooMany), nil},
		"not allowed":            {serviceerror.NewPermissionDenied("x", ""), nil},
		"a precondition":         {serviceerror.NewFailedPrecondition("x"), nil},
		"internal":               {serviceerror.NewInternal("x"), nil},
		"not by this server":     {serviceerror.NewUnimplemented("x"), nil},
		"canceled":               {context.Canceled, nil},
		"a workflow being reset": {serviceerror.NewWorkflowNotReady("x"), nil},
	} {
		client := &fake{err: test.err}
		got := signaler.New(client).Signal(context.Background(), target, signal)
		require.ErrorIs(t, got, test.err, "%s: the cause is kept", name)
		require.Equal(t, test.want == wire.ErrNoWorkflow, errors.Is(got, wire.ErrNoWorkflow), name)
		require.Equal(t, test.want == wire.ErrRefused, errors.Is(got, wire.ErrRefused), name)
		require.Equal(t, []any{"clip-7", "", "wavespeed.finished/still[3]", signal}, client.got, name)
	}
}
