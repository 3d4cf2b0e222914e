package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// deliveryTimeout limits the wait for a delivery that no worker has picked up yet.
const deliveryTimeout = 3 * time.Second

// deliveries returns the deliveries for a nonce that arrived while no run of its workflow was
// open. It fails if one is kept but can't be read yet, because that differs from none.
func deliveries(ctx context.Context, c client.Client, nonce string) ([]wire.Signal, error) {
	ctx, cancel := context.WithTimeout(ctx, deliveryTimeout)
	defer cancel()
	var kept []wire.Signal
	for _, id := range wire.DeliveryIDs(nonce) {
		var signal wire.Signal
		err := c.GetWorkflow(ctx, id, "").Get(ctx, &signal)
		var missing *serviceerror.NotFound
		var closed *temporal.WorkflowExecutionError // somebody ended it, or no worker took it in time
		switch {
		case errors.As(err, &missing):
			return kept, nil
		case errors.As(err, &closed):
			continue
		case err != nil:
			return nil, fmt.Errorf("the delivery kept by workflow %s: %w", id, err)
		case signal.Nonce == nonce:
			kept = append(kept, signal)
		}
	}
	return kept, nil
}
