package activities

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

const (
	// encodeEvery is the time between two attempts to encode a result, and encodeSpare what is
	// left of the activity's time after the last.
	encodeEvery = time.Second
	encodeSpare = 2 * time.Second
)

// awaitCodec waits until the result of an accepted submit can be encoded. Without that, the SDK
// would report an error after which Temporal tries again, as after a refusal.
func (a *Activities) awaitCodec(ctx context.Context, in wire.SubmitInput, submitted wire.Submitted) error {
	if deadline, limited := ctx.Deadline(); limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-encodeSpare))
		defer cancel()
	}
	for try := 1; ; try++ {
		_, err := a.options.Converter().ToPayloads(submitted)
		if err == nil {
			return nil
		}
		if try == 1 {
			activity.GetLogger(ctx).Warn("An accepted submit waits, because its result cannot be encoded", "prediction_id", submitted.PredictionID, "error", err)
		}
		select {
		case <-ctx.Done():
			// Details would have to be encoded, too.
			return temporal.NewNonRetryableApplicationError(fmt.Sprintf("generation %q: submit of %s was accepted as prediction %s, which could not be recorded: the data converter fails",
				in.Key, in.Model, submitted.PredictionID), string(generation.ErrorTypeSubmitUnknown), nil)
		case <-time.After(encodeEvery):
		}
	}
}
