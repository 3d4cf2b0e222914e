package activities

import (
	"context"

	"go.temporal.io/sdk/client"
)

// Deliveries is for tests, until a caller shows it from outside.
var Deliveries = deliveries

// SetClient has the activities talk to another Temporal than the worker's: the SDK's
// environment for tests has none.
func SetClient(a *Activities, c client.Client) {
	a.client = func(context.Context) client.Client { return c }
}
