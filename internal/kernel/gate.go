package kernel

import "go.temporal.io/sdk/workflow"

// Gate waits until another item should be started, of at most so many more. It returns at once when
// stop says so. What waits for something scarce need not be started to wait: an item that was costs
// memory, and time in each workflow task.
type Gate func(ctx workflow.Context, more func() int, stop func() bool)

type gateKey struct{}

// WithGate has workflows.ForEach ask before it starts an item beside others. Nil is always open.
func WithGate(ctx workflow.Context, gate Gate) workflow.Context {
	return workflow.WithValue(ctx, gateKey{}, gate)
}

// GateOf returns the gate of a context; nil without one.
func GateOf(ctx workflow.Context) Gate {
	gate, _ := ctx.Value(gateKey{}).(Gate)
	return gate
}
