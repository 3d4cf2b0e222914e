package receiver

import (
	"context"

	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// Signaler signals a target's workflow, and returns nil only once the signal is persisted, or
// one of the errors of package wire. Package internal/signaler implements it for Temporal.
type Signaler interface {
	Signal(ctx context.Context, target wire.Target, signal wire.Signal) error
}
