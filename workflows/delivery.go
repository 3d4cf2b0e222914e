package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
)

// Delivery is the registered workflow [generation.DeliveryName]. Its result is what it was
// given: it holds a delivery for a rerun.
func Delivery(_ workflow.Context, signal generation.Signal) (generation.Signal, error) {
	return signal, nil
}
