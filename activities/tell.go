package activities

import (
	"context"
	"errors"
	"sync"
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
)

// tellings are of which accounts this process has told the limits, or tries to.
type tellings struct {
	mu    sync.Mutex
	after map[string]time.Time // when to try again; zero for never
}

func (t *tellings) due(account string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	after, tried := t.after[account]
	if tried && (after.IsZero() || time.Now().Before(after)) {
		return false
	}
	if t.after == nil {
		t.after = make(map[string]time.Time)
	}
	t.after[account] = time.Now().Add(tellAgain)
	return true
}

func (t *tellings) done(account string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.after[account] = time.Time{}
}

// tellLimits tells the keeper of an account, once, the limits that this worker was given: they may
// differ from those of the worker that the keeper has asked. A keeper that begins asks by itself.
func (a *Activities) tellLimits(ctx context.Context, account string) {
	limits, given := a.options.Limits[account]
	if !given || !a.tellings.due(account) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, tellTimeout)
	defer cancel()
	err := a.client(ctx).SignalWorkflow(ctx, wire.KeeperID(account), "", wire.ConfiguredSignal, wire.Reconciled{Configured: &limits, Started: a.started})
	var missing *serviceerror.NotFound
	if err == nil || errors.As(err, &missing) {
		a.tellings.done(account)
		return
	}
	activity.GetLogger(ctx).Debug("The limits could not be told to who keeps them", "account", account, "error", err)
}
