package activities

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/wavespeed-temporal/wavespeed-temporal/generation"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/outcome"
	"github.com/wavespeed-temporal/wavespeed-temporal/internal/wire"
)

// maxOutcomeBytes keeps a result well below Temporal's limit of 2 MiB for one
// payload.
const maxOutcomeBytes = 256 << 10

// await asks once for the prediction and returns its outcome, or an error after
// which Temporal asks again: the prediction was paid for, so no answer of the
// provider but an end is final, not even "not found".
func (a *Activities) await(ctx context.Context, in wire.AwaitInput) (wire.Outcome, error) {
	info := activity.GetInfo(ctx)
	outcome, err := a.awaitOnce(ctx, in)
	left := timeLeft(info, in.Within)
	if err == nil || left > 0 {
		return outcome, by(left, impatient(info, left, in.Patience, err))
	}
	var failure *temporal.ApplicationError
	if errors.As(err, &failure) && !failure.NonRetryable() {
		err = final(generation.ErrorTypeDeadlineExceeded, failure.Message(), nil)
	}
	return outcome, err
}

func (a *Activities) awaitOnce(ctx context.Context, in wire.AwaitInput) (wire.Outcome, error) {
	account, err := a.account(ctx, in.Account)
	if err != nil {
		return wire.Outcome{}, err
	}
	account.memory.know(wire.Known{Nonce: in.Nonce, PredictionID: in.PredictionID, Model: in.Model})
	ctx, cancel := attempt(ctx)
	defer cancel()
	prediction, err := account.provider.Result(ctx, in.PredictionID)
	if err != nil {
		return wire.Outcome{}, readError(ctx, fmt.Sprintf("generation %q: prediction %s", in.Key, in.PredictionID), err)
	}
	if !prediction.State.Terminal() {
		return wire.Outcome{}, pending(fmt.Sprintf("generation %q: prediction %s is %s", in.Key, in.PredictionID, prediction.State))
	}
	return outcome.From(prediction, maxOutcomeBytes), nil
}

// pending is an error that only means "ask again", at the pace of the retry policy.
func pending(message string) error {
	return temporal.NewApplicationErrorWithOptions(message, string(wire.ErrorTypePending), temporal.ApplicationErrorOptions{
		Category: temporal.ApplicationErrorCategoryBenign,
	})
}
