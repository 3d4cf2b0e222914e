package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

const (
	// tellAgain is the shortest time between two tries to tell the keeper of an account the limits
	// that this worker was given, and tellTimeout limits one.
	tellAgain   = time.Minute
	tellTimeout = 3 * time.Second

	// forever is longer than a process lives.
	forever = 100 * 365 * 24 * time.Hour
)

// tellLimits tells the keeper of an account, once, the limits that this worker was given: they may
// differ from those of the worker that the keeper has asked. A keeper that begins asks by itself.
func (a *Activities) tellLimits(ctx context.Context, account string) {
	limits, given := a.options.Limits[account]
	if !given || !a.told.due(account, tellAgain) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, tellTimeout)
	defer cancel()
	err := a.client(ctx).SignalWorkflow(ctx, wire.KeeperID(account), "", wire.ConfiguredSignal, wire.Reconciled{Configured: &limits, Started: a.started})
	var missing *serviceerror.NotFound
	if err == nil || errors.As(err, &missing) {
		a.told.put(account, forever)
		return
	}
	activity.GetLogger(ctx).Debug("The limits could not be told to who keeps them", "account", account, "error", err)
}
