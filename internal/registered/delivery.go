package registered

import (
	"go.temporal.io/sdk/workflow"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// Delivery is the registered workflow [wire.DeliveryName]. It returns its argument, and
// so keeps a delivery for a rerun.
func Delivery(_ workflow.Context, signal wire.Signal) (wire.Signal, error) {
	return signal, nil
}
